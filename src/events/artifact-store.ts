import { sql, type Selectable } from 'kysely'
import type { Db } from '../db/scope.ts'
import type { Tables } from '../db/tables.ts'
import { newId } from '../lib/ids.ts'
import type { Run } from '../tasks/task.ts'

/** What is known of a file without its content. `kind`: `attachment` is what people sent, the others are what the task produced. */
export interface ArtifactEntry {
  id: string
  kind: string
  name: string
  mediaType: string
  bytes: number
  createdAt: Date
}

export interface Artifact extends Omit<ArtifactEntry, 'bytes' | 'createdAt'> {
  content: Buffer
}

/** The caller holds the fence. */
export async function saveArtifact(
  db: Db,
  run: Omit<Run, 'attempt'>,
  artifact: { kind: string; name: string; mediaType?: string; content: string | Uint8Array },
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

/** A task's files, oldest first; of one kind, where it is named. */
export async function listArtifacts(db: Db, taskId: string, kind?: string): Promise<ArtifactEntry[]> {
  const rows = await db
    .selectFrom('artifacts')
    .select(['id', 'kind', 'name', 'media_type', 'created_at', sql<number>`octet_length(content)`.as('bytes')])
    .where('task_id', '=', taskId)
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(({ media_type: mediaType, created_at: createdAt, ...row }) => ({ ...row, mediaType, createdAt }))
}

export async function findArtifact(db: Db, id: string): Promise<Artifact | undefined> {
  const row = await db.selectFrom('artifacts').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toArtifact(row)
}

/** The newest artifact of one kind. */
export async function findNewestArtifact(db: Db, taskId: string, kind: string): Promise<Artifact | undefined> {
  const row = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('task_id', '=', taskId)
    .where('kind', '=', kind)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return row && toArtifact(row)
}

/** What people sent to a task since then belongs to another one: the words that it came with became that. */
export async function moveAttachments(
  db: Db,
  { from, since, to }: { from: string; since: Date; to: string },
): Promise<void> {
  await db
    .updateTable('artifacts')
    .set({ task_id: to })
    .where('task_id', '=', from)
    .where('kind', '=', 'attachment')
    .where('created_at', '>=', since)
    .execute()
}

const toArtifact = ({ id, kind, name, media_type: mediaType, content }: Selectable<Tables['artifacts']>): Artifact => ({
  id,
  kind,
  name,
  mediaType,
  content,
})
