import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { LeaseLost, type Run } from '../tasks/task.ts'
import type { LoggedEvent, Question, TaskEvent } from './event.ts'

/** Appends in order, under the fence, and returns the number of the last. Throws LeaseLost. */
export async function appendEvents(db: Db, run: Run, events: readonly LoggedEvent[]): Promise<number> {
  const types = events.map((event) => event.type)
  const data = events.map((event) => JSON.stringify({ ...event, type: undefined }))
  const { rows } = await sql<{ last: number | null }>`
    select append_events(${run.taskId}, ${run.attempt}, ${types}::text[], ${data}::jsonb[]) as last`.execute(db)
  const last = rows[0]?.last
  if (last === null || last === undefined) throw new LeaseLost(run)
  return last
}

/** In order, beginning after `afterSeq`. */
export async function readEvents(db: Db, taskId: string, afterSeq: number, limit: number): Promise<TaskEvent[]> {
  const rows = await db
    .selectFrom('task_events')
    .select(['task_id', 'seq', 'attempt', 'at', 'type', 'data'])
    .where('task_id', '=', taskId)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    taskId: row.task_id,
    seq: row.seq,
    attempt: row.attempt,
    at: row.at,
    event: { type: row.type, ...row.data } as LoggedEvent,
  }))
}

/** The newest question of each of these tasks, by task id. */
export async function findQuestions(db: Db, taskIds: readonly string[]): Promise<Map<string, Question>> {
  if (taskIds.length === 0) return new Map()
  // A walk backwards over each task's own events: the question is among the last.
  const { rows } = await sql<{ taskId: string; question: Question }>`
    select t.id as "taskId", e.data as question
      from unnest(${[...taskIds]}::text[]) as t (id), lateral (
        select data from task_events where task_id = t.id and type = 'question' order by seq desc limit 1) e`.execute(
    db,
  )
  return new Map(rows.map((row) => [row.taskId, row.question]))
}

/** The number of the newest event of each of these tasks, by task id. */
export async function newestEvents(db: Db, taskIds: readonly string[]): Promise<Map<string, number>> {
  if (taskIds.length === 0) return new Map()
  const rows = await db.selectFrom('tasks').select(['id', 'last_event']).where('id', 'in', taskIds).execute()
  return new Map(rows.map((row) => [row.id, row.last_event]))
}
