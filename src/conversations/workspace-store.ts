import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'

export interface WorkspaceRow {
  orgId: string
  conversationId: string
  codebaseId: string
  host: string
  directory: string
  checkpointSha?: string
  /** Whether everything in it is safe on the remote. */
  pushed: boolean
}

/** Notes where a conversation's folder is and how safe its content is. The caller holds the fence. */
export async function noteWorkspace(db: Db, row: WorkspaceRow): Promise<void> {
  const state = {
    directory: row.directory,
    checkpoint_sha: row.checkpointSha ?? null,
    pushed: row.pushed,
    last_used_at: sql<Date>`now()`,
  }
  await db
    .insertInto('workspaces')
    .values({
      org_id: row.orgId,
      conversation_id: row.conversationId,
      codebase_id: row.codebaseId,
      host: row.host,
      ...state,
    })
    .onConflict((conflict) => conflict.columns(['conversation_id', 'host']).doUpdateSet(state))
    .execute()
}

/** Folders of this machine that are pushed, unused for so long, and whose conversation has nothing open. */
export async function findIdleWorkspaces(db: Db, host: string, idleDays: number): Promise<string[]> {
  const rows = await db
    .selectFrom('workspaces')
    .select('conversation_id')
    .where('host', '=', host)
    .where('pushed', '=', true)
    .where('last_used_at', '<', sql<Date>`now() - make_interval(days => ${idleDays})`)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('tasks')
            .select('tasks.id')
            .whereRef('tasks.conversation_id', '=', 'workspaces.conversation_id')
            .where('tasks.status', 'not in', ['completed', 'failed', 'cancelled']),
        ),
      ),
    )
    .limit(100)
    .execute()
  return rows.map((row) => row.conversation_id)
}

export async function forgetWorkspace(db: Db, conversationId: string, host: string): Promise<void> {
  await db.deleteFrom('workspaces').where('conversation_id', '=', conversationId).where('host', '=', host).execute()
}
