import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { newId } from '../lib/ids.ts'
import { LeaseLost, type Run } from '../tasks/task.ts'
import type { LoggedEvent, TaskEvent } from './event.ts'

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

export interface Artifact {
  id: string
  kind: string
  name: string
  mediaType: string
  content: Buffer
}

/** The caller holds the fence. */
export async function saveArtifact(
  db: Db,
  run: Run,
  artifact: { kind: string; name: string; mediaType?: string; content: string },
): Promise<string> {
  const id = newId('artifact')
  await db
    .insertInto('artifacts')
    .values({
      id,
      org_id: run.orgId,
      task_id: run.taskId,
      kind: artifact.kind,
      name: artifact.name,
      content: Buffer.from(artifact.content),
      ...(artifact.mediaType !== undefined && { media_type: artifact.mediaType }),
    })
    .execute()
  return id
}

export async function findArtifact(db: Db, taskId: string, id: string): Promise<Artifact | undefined> {
  const row = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('id', '=', id)
    .where('task_id', '=', taskId)
    .executeTakeFirst()
  return row && { id: row.id, kind: row.kind, name: row.name, mediaType: row.media_type, content: row.content }
}
