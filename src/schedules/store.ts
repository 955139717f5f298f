import { sql, type Selectable } from 'kysely'
import type { Db } from '../db/scope.ts'
import { breaks } from '../db/scope.ts'
import type { Tables } from '../db/tables.ts'
import { UserError } from '../lib/errors.ts'
import { newId, type Id } from '../lib/ids.ts'
import { nextRun, type Schedule } from './schedule.ts'

export type NewSchedule = Pick<Schedule, 'orgId' | 'name' | 'cron' | 'timezone' | 'prompt' | 'agent' | 'codebaseId'>

/** `UserError('cron')` or `UserError('name-taken')`. */
export async function createSchedule(db: Db, schedule: NewSchedule): Promise<Schedule> {
  const next = nextRun(schedule.cron, schedule.timezone, await databaseTime(db))
  try {
    const row = await db
      .insertInto('schedules')
      .values({
        id: newId('schedule'),
        org_id: schedule.orgId,
        name: schedule.name,
        cron: schedule.cron,
        timezone: schedule.timezone,
        prompt: schedule.prompt,
        agent: schedule.agent,
        codebase_id: schedule.codebaseId,
        next_run_at: next,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    return toSchedule(row)
  } catch (error) {
    if (!breaks(error, 'one_schedule_per_name')) throw error
    throw new UserError('name-taken', `There is a schedule named "${schedule.name}" already. Choose another name.`, {
      cause: error,
    })
  }
}

export async function listSchedules(db: Db): Promise<Schedule[]> {
  return (await db.selectFrom('schedules').selectAll().orderBy('name').execute()).map(toSchedule)
}

export async function removeSchedule(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('schedules').where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

/**
 * One schedule that is due, locked for this transaction. The caller enqueues its task and calls `noteRun` in the same
 * transaction: a crash in between leaves it due. Several processes may look at once.
 */
export async function takeDueSchedule(db: Db): Promise<Schedule | undefined> {
  const row = await db
    .selectFrom('schedules')
    .selectAll()
    .where('enabled', '=', true)
    .where('next_run_at', '<=', sql<Date>`now()`)
    .orderBy('next_run_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row && toSchedule(row)
}

/** Runs that were missed while nothing ran are made up for once, not one by one. */
export async function noteRun(db: Db, schedule: Schedule, taskId: string): Promise<void> {
  const now = await databaseTime(db)
  await db
    .updateTable('schedules')
    .set({ last_run_at: now, last_task_id: taskId, next_run_at: nextRun(schedule.cron, schedule.timezone, now) })
    .where('id', '=', schedule.id)
    .execute()
}

async function databaseTime(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now()`.execute(db)
  return rows[0]?.now ?? new Date()
}

const toSchedule = (row: Selectable<Tables['schedules']>): Schedule => ({
  id: row.id as Id<'schedule'>,
  orgId: row.org_id as Id<'org'>,
  name: row.name,
  cron: row.cron,
  timezone: row.timezone,
  prompt: row.prompt,
  agent: row.agent,
  codebaseId: row.codebase_id,
  enabled: row.enabled,
  nextRunAt: row.next_run_at,
  lastRunAt: row.last_run_at,
  lastTaskId: row.last_task_id,
})
