import type { Place } from '../channels/channel.ts'
import type { Db } from '../db/scope.ts'
import { newId, type Id } from '../lib/ids.ts'

export interface PlaceRow extends Place {
  id: Id<'place'>
  orgId: Id<'org'>
}

/** The place as one text: the lane of what is said in it. */
export const laneOf = ({ channel, tenant, room, thread }: Place) =>
  [channel, tenant, room, thread].map(encodeURIComponent).join('/')

/** Known from now on. */
export async function openPlace(db: Db, orgId: string, place: Place): Promise<PlaceRow> {
  const { channel, tenant, room, thread } = place
  await db
    .insertInto('places')
    .values({ id: newId('place'), org_id: orgId, channel, tenant, room, thread })
    .onConflict((conflict) => conflict.columns(['channel', 'tenant', 'room', 'thread']).doNothing())
    .execute()
  return (await findPlace(db, place)) as PlaceRow
}

export async function findPlace(db: Db, { channel, tenant, room, thread }: Place): Promise<PlaceRow | undefined> {
  const row = await db
    .selectFrom('places')
    .select(['id', 'org_id', 'channel', 'tenant', 'room', 'thread'])
    .where('channel', '=', channel)
    .where('tenant', '=', tenant)
    .where('room', '=', room)
    .where('thread', '=', thread)
    .executeTakeFirst()
  return row && { ...row, id: row.id as Id<'place'>, orgId: row.org_id as Id<'org'> }
}

export async function getPlace(db: Db, id: string): Promise<PlaceRow | undefined> {
  const row = await db
    .selectFrom('places')
    .select(['id', 'org_id', 'channel', 'tenant', 'room', 'thread'])
    .where('id', '=', id)
    .executeTakeFirst()
  return row && { ...row, id: row.id as Id<'place'>, orgId: row.org_id as Id<'org'> }
}

/** The conversation that what is said there belongs to. */
export async function currentConversation(db: Db, placeId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('place_conversations')
    .select('conversation_id')
    .where('place_id', '=', placeId)
    .where('is_current', '=', true)
    .executeTakeFirst()
  return row?.conversation_id
}

/** From now on what is said there belongs to this conversation; what comes of the earlier ones is still shown there. */
export async function setConversation(db: Db, { id, orgId }: PlaceRow, conversationId: string): Promise<void> {
  await db.updateTable('place_conversations').set({ is_current: false }).where('place_id', '=', id).execute()
  await db
    .insertInto('place_conversations')
    .values({ place_id: id, conversation_id: conversationId, org_id: orgId, is_current: true })
    .onConflict((conflict) => conflict.columns(['place_id', 'conversation_id']).doUpdateSet({ is_current: true }))
    .execute()
}

/** What comes of this conversation is shown there, too. What is said there belongs to it only where no other goes on. */
export async function showIn(db: Db, place: PlaceRow, conversationId: string): Promise<void> {
  if ((await currentConversation(db, place.id)) === undefined) return setConversation(db, place, conversationId)
  await db
    .insertInto('place_conversations')
    .values({ place_id: place.id, conversation_id: conversationId, org_id: place.orgId, is_current: false })
    .onConflict((conflict) => conflict.columns(['place_id', 'conversation_id']).doNothing())
    .execute()
}

/** The newest conversation of this place about a codebase. */
export async function findConversationAbout(db: Db, placeId: string, codebaseId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('place_conversations')
    .innerJoin('conversations', 'conversations.id', 'place_conversations.conversation_id')
    .select('conversations.id')
    .where('place_id', '=', placeId)
    .where('codebase_id', '=', codebaseId)
    .orderBy('conversations.id', 'desc')
    .executeTakeFirst()
  return row?.id
}

/** Whether what comes of a conversation is shown in this place. */
export async function belongsTo(db: Db, placeId: string, conversationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('place_conversations')
    .select('place_id')
    .where('place_id', '=', placeId)
    .where('conversation_id', '=', conversationId)
    .executeTakeFirst()
  return row !== undefined
}
