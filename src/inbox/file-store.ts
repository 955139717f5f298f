import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { newId } from '../lib/ids.ts'
import type { Transcript } from '../speech/transcriber.ts'
import type { SaidFile } from './inbox.ts'

/** In the order in which they were sent; what has not been fetched is not among them. */
export async function listFiles(db: Db, saidId: string): Promise<SaidFile[]> {
  const rows = await db
    .selectFrom('inbox_files')
    .select(['n', 'kind', 'name', 'media_type', 'transcript', 'problem'])
    .select(sql<boolean>`content is not null`.as('isKept'))
    .where('inbox_id', '=', saidId)
    .orderBy('n')
    .execute()
  return rows.map(({ media_type: mediaType, transcript, ...row }) => ({
    ...row,
    mediaType,
    transcript: transcript as Transcript | null,
  }))
}

/** They are the task's from now on, where an agent works on it. The content stays within the database. */
export async function giveFiles(db: Db, saidId: string, taskId: string): Promise<void> {
  for (const { n, isKept } of await listFiles(db, saidId)) {
    if (!isKept) continue
    await sql`
      insert into artifacts (id, org_id, task_id, kind, name, media_type, content)
      select ${newId('artifact')}, f.org_id, t.id, 'attachment', f.name, f.media_type, f.content
        from inbox_files f join tasks t on t.org_id = f.org_id and t.id = ${taskId} and t.kind = 'agent'
       where f.inbox_id = ${saidId} and f.n = ${n}`.execute(db)
  }
  await forgetFiles(db, saidId)
}

/** Nobody wants their content any more. */
export async function forgetFiles(db: Db, saidId: string): Promise<void> {
  await db.updateTable('inbox_files').set({ content: null }).where('inbox_id', '=', saidId).execute()
}
