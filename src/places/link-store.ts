import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { CODE_MINUTES, hashOfCode, makeCode } from '../lib/one-time-code.ts'
import type { PlaceRow } from './store.ts'

export const MIRRORS = ['off', 'status', 'full'] as const
export type Mirror = (typeof MIRRORS)[number]

/** A code that links another place to this conversation: said once, within fifteen minutes. */
export async function makeLinkCode(db: Db, orgId: string, conversationId: string): Promise<string> {
  const { code, hash } = makeCode()
  await db
    .insertInto('link_codes')
    .values({
      code_hash: hash,
      org_id: orgId,
      conversation_id: conversationId,
      expires_at: sql<Date>`now() + make_interval(mins => ${CODE_MINUTES})`,
    })
    .execute()
  return code
}

/** The conversation that a code leads to; undefined where it is wrong, old or used. It is used from now on. */
export async function useLinkCode(db: Db, given: string): Promise<string | undefined> {
  const row = await db
    .updateTable('link_codes')
    .set({ used_at: sql<Date>`now()` })
    .where('code_hash', '=', hashOfCode(given))
    .where('used_at', 'is', null)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning('conversation_id')
    .executeTakeFirst()
  return row?.conversation_id
}

export async function setMirror(db: Db, placeId: string, conversationId: string, mirror: Mirror): Promise<void> {
  await db
    .updateTable('place_conversations')
    .set({ mirror })
    .where('place_id', '=', placeId)
    .where('conversation_id', '=', conversationId)
    .execute()
}

/** The other places of a conversation. */
export async function otherPlaces(
  db: Db,
  conversationId: string,
  placeId: string,
): Promise<(PlaceRow & { mirror: Mirror })[]> {
  const rows = await db
    .selectFrom('place_conversations')
    .innerJoin('places', 'places.id', 'place_conversations.place_id')
    .select(['places.id', 'places.org_id', 'channel', 'tenant', 'room', 'thread', 'mirror'])
    .where('conversation_id', '=', conversationId)
    .where('places.id', '<>', placeId)
    .execute()
  return rows.map(({ org_id, ...row }) => ({ ...row, orgId: org_id }) as PlaceRow & { mirror: Mirror })
}

/** Nothing of this conversation is shown here from now on. */
export async function unlink(db: Db, placeId: string, conversationId: string): Promise<void> {
  await db
    .deleteFrom('place_conversations')
    .where('place_id', '=', placeId)
    .where('conversation_id', '=', conversationId)
    .execute()
}
