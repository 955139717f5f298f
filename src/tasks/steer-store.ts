import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'

/** What somebody said to an agent in the middle of its turn. */
export interface Steer {
  /** In the order in which they were said. */
  seq: number
  text: string
  createdBy: string | null
  createdAt: Date
}

/** Something for the agent to hear in the middle of its turn. False where none is under way. */
export async function steerTask(db: Db, taskId: string, text: string, createdBy: string): Promise<boolean> {
  // Locked: the end of the run comes either before this, or sees it.
  const task = await db
    .selectFrom('tasks')
    .select(['id', 'org_id'])
    .where('id', '=', taskId)
    .where('status', '=', 'running')
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!task) return false
  await db
    .insertInto('task_steers')
    .values({ org_id: task.org_id, task_id: taskId, text, created_by: createdBy })
    .execute()
  await sql`select tell('drover_steer', ${taskId})`.execute(db)
  return true
}

/** What has not been told to the end of a turn, oldest first, beginning after `afterSeq`. */
export async function listSteers(db: Db, taskId: string, afterSeq: number): Promise<Steer[]> {
  const rows = await db
    .selectFrom('task_steers')
    .select(['seq', 'text', 'created_by', 'created_at'])
    .where('task_id', '=', taskId)
    .where('told_at', 'is', null)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .execute()
  return rows.map((row) => ({ seq: row.seq, text: row.text, createdBy: row.created_by, createdAt: row.created_at }))
}

/** Up to this one the agent has heard them, in a turn that came to its end. The caller holds the fence. */
export async function noteTold(db: Db, taskId: string, upToSeq: number): Promise<void> {
  await db
    .updateTable('task_steers')
    .set({ told_at: sql<Date>`now()` })
    .where('task_id', '=', taskId)
    .where('told_at', 'is', null)
    .where('seq', '<=', upToSeq)
    .execute()
}
