import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'

export interface ChannelState {
  name: string
  kind: string
  isUp: boolean
  /** What is wrong, for people. */
  reason: string | null
  changedAt: Date
}

/** `Error` where the name is another org's. */
export async function registerChannel(db: Db, channel: { name: string; orgId: string; kind: string }): Promise<void> {
  const { name, orgId, kind } = channel
  await db
    .insertInto('channels')
    .values({ name, org_id: orgId, kind })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ kind, paused_until: null }))
    .execute()
}

export async function noteChannel(db: Db, name: string, isUp: boolean, reason: string | null): Promise<void> {
  await db
    .updateTable('channels')
    .set({ is_up: isUp, reason, changed_at: sql<Date>`now()` })
    .where('name', '=', name)
    .where((where) => where.or([where('is_up', '<>', isUp), where('reason', 'is distinct from', reason)]))
    .execute()
}

/** Nothing is sent before that: our credentials were refused. */
export async function pauseChannel(db: Db, name: string, seconds: number, reason: string): Promise<void> {
  await db
    .updateTable('channels')
    .set({
      is_up: false,
      reason,
      changed_at: sql<Date>`now()`,
      paused_until: sql<Date>`now() + make_interval(secs => ${seconds})`,
    })
    .where('name', '=', name)
    .execute()
}

export async function listChannels(db: Db): Promise<ChannelState[]> {
  const rows = await db
    .selectFrom('channels')
    .select(['name', 'kind', 'is_up', 'reason', 'changed_at'])
    .orderBy('name')
    .execute()
  return rows.map(({ is_up, changed_at, ...row }) => ({ ...row, isUp: is_up, changedAt: changed_at }))
}

export async function readCursor(db: Db, name: string): Promise<unknown> {
  const row = await db.selectFrom('channels').select('cursor').where('name', '=', name).executeTakeFirst()
  return row?.cursor ?? undefined
}

export async function saveCursor(db: Db, name: string, cursor: unknown): Promise<void> {
  await db
    .updateTable('channels')
    .set({ cursor: JSON.stringify(cursor) })
    .where('name', '=', name)
    .execute()
}

export async function findCredentials(db: Db, channel: string, tenant: string): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('channel_credentials')
    .select('sealed')
    .where('channel', '=', channel)
    .where('tenant', '=', tenant)
    .executeTakeFirst()
  return row?.sealed
}

export async function saveCredentials(
  db: Db,
  { orgId, ...row }: { channel: string; tenant: string; orgId: string; sealed: Buffer },
): Promise<void> {
  await db
    .insertInto('channel_credentials')
    .values({ ...row, org_id: orgId })
    .onConflict((conflict) => conflict.columns(['channel', 'tenant']).doUpdateSet({ sealed: row.sealed }))
    .execute()
}
