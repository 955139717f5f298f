import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { newId, type Id } from '../lib/ids.ts'
import type { Delivery, TextContent } from './delivery.ts'

/** Said once, in one place, in the caller's transaction: in its turn behind what is waiting there. */
export async function say(
  db: Db,
  place: { id: string; orgId: string; channel: string },
  content: TextContent,
  about: { conversationId?: string; taskId?: string } = {},
): Promise<void> {
  await db
    .insertInto('deliveries')
    .values({
      id: newId('delivery'),
      org_id: place.orgId,
      place_id: place.id,
      channel: place.channel,
      conversation_id: about.conversationId ?? null,
      task_id: about.taskId ?? null,
      kind: 'text',
      content: JSON.stringify(content),
      status: 'pending',
    })
    .execute()
}

/** An answer that grows while it is written: begun beside the card, ended with the task. */
export async function openAnswer(db: Db, { place, orgId, conversationId, taskId }: Delivery): Promise<void> {
  await db
    .insertInto('deliveries')
    .values({
      id: newId('delivery'),
      org_id: orgId,
      place_id: place.id,
      channel: place.channel,
      conversation_id: conversationId,
      task_id: taskId,
      kind: 'answer',
      status: 'open',
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** One thing to send, and the right to send in its place, which others respect until the lease ends. */
export interface Hold {
  delivery: Delivery
  number: number
}

export async function claimDelivery(
  db: Db,
  channels: readonly string[],
  leaseSeconds: number,
): Promise<Hold | undefined> {
  const { rows } = await sql<{ delivery: string; turn: number }>`
    select * from claim_delivery(${[...channels]}::text[], ${leaseSeconds})`.execute(db)
  const claimed = rows[0]
  if (!claimed) return undefined
  const delivery = await findDelivery(db, claimed.delivery)
  return delivery && { delivery, number: claimed.turn }
}

/** Holds on while something is being sent: false where another has the place now. */
export async function renewHold(db: Db, { delivery, number }: Hold, leaseSeconds: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('places')
    .set({ busy_until: sql<Date>`now() + make_interval(secs => ${leaseSeconds})` })
    .where('id', '=', delivery.place.id)
    .where('turn', '=', number)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** What has become of a delivery in this hold. Left out: as it was. */
export type Change = Partial<
  Pick<Delivery, 'status' | 'content' | 'messageIds' | 'shown' | 'shownEvent' | 'tries' | 'error'>
>

/** Writes it, if it still holds: false where another has it now. It stays held for what follows. */
export async function noteProgress(db: Db, { delivery, number }: Hold, change: Change): Promise<boolean> {
  const held = await db
    .selectFrom('places')
    .select('id')
    .where('id', '=', delivery.place.id)
    .where('turn', '=', number)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!held) return false
  await db
    .updateTable('deliveries')
    .set({
      // Discarded by a person, or ended meanwhile by its task: what this hold knew of its state is past.
      ...(change.status !== undefined && {
        status: sql<Delivery['status']>`case when status = ${delivery.status} then ${change.status} else status end`,
        ended_at: sql<Date>`case when status = ${delivery.status} and ${isOver(change.status)} then now() end`,
      }),
      ...(change.content !== undefined && { content: JSON.stringify(change.content) }),
      ...(change.messageIds !== undefined && { message_ids: change.messageIds }),
      ...(change.shown !== undefined && { shown: change.shown }),
      ...(change.shownEvent !== undefined && { shown_event: change.shownEvent }),
      ...(change.tries !== undefined && { tries: change.tries }),
      ...(change.error !== undefined && { error: change.error }),
    })
    .where('id', '=', delivery.id)
    .execute()
  return true
}

const isOver = (status: Delivery['status']) => status !== 'open' && status !== 'pending'

/** Gives the place back. `placeAfterMs`: until the next may be sent there; `afterMs`: until this one is looked at again. */
export async function release(
  db: Db,
  { delivery, number }: Hold,
  { placeAfterMs = 0, afterMs = 0 }: { placeAfterMs?: number; afterMs?: number },
): Promise<void> {
  const inMs = (ms: number) => sql<Date>`now() + ${ms} * interval '1 millisecond'`
  await db
    .updateTable('places')
    .set({ busy_until: null, ready_at: inMs(placeAfterMs) })
    .where('id', '=', delivery.place.id)
    .where('turn', '=', number)
    .execute()
  if (afterMs > 0)
    await db
      .updateTable('deliveries')
      .set({ run_at: inMs(afterMs) })
      .where('id', '=', delivery.id)
      // A task that has ended meanwhile wants its last form shown now.
      .where('status', '=', delivery.status)
      .execute()
}

const deliveries = (db: Db) =>
  db
    .selectFrom('deliveries')
    .innerJoin('places', 'places.id', 'deliveries.place_id')
    .selectAll('deliveries')
    .select(['places.channel', 'places.tenant', 'places.room', 'places.thread'])

export async function findDelivery(db: Db, id: string): Promise<Delivery | undefined> {
  const row = await deliveries(db).where('deliveries.id', '=', id).executeTakeFirst()
  return row && toDelivery(row)
}

/** What a message in this place shows. */
export async function findDeliveryOf(db: Db, placeId: string, messageId: string): Promise<Delivery | undefined> {
  const row = await deliveries(db)
    .where('place_id', '=', placeId)
    .where(sql<boolean>`${messageId} = any (message_ids)`)
    .orderBy('deliveries.seq', 'desc')
    .executeTakeFirst()
  return row && toDelivery(row)
}

export async function listDeliveries(
  db: Db,
  filter: { status?: Delivery['status']; conversationId?: string; limit: number },
): Promise<Delivery[]> {
  let query = deliveries(db).orderBy('deliveries.seq', 'desc').limit(filter.limit)
  if (filter.status !== undefined) query = query.where('deliveries.status', '=', filter.status)
  if (filter.conversationId !== undefined) query = query.where('conversation_id', '=', filter.conversationId)
  return (await query.execute()).map(toDelivery)
}

/** By a person: a dead one once more, or any that is not sent given up. False where that cannot be. */
export async function changeDelivery(db: Db, id: string, to: 'pending' | 'discarded'): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('deliveries')
    .set({
      status: to,
      tries: 0,
      error: null,
      run_at: sql<Date>`now()`,
      ended_at: to === 'pending' ? null : sql<Date>`now()`,
    })
    .where('id', '=', id)
    .where('status', 'in', to === 'pending' ? ['dead'] : ['dead', 'pending', 'open'])
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** How many of each state. */
export async function countDeliveries(db: Db): Promise<Partial<Record<Delivery['status'], number>>> {
  const rows = await db
    .selectFrom('deliveries')
    .select(({ fn }) => ['status', fn.countAll<number>().as('count')])
    .where('status', 'in', ['open', 'pending', 'dead'])
    .groupBy('status')
    .execute()
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}

const toDelivery = (row: {
  id: string
  org_id: string
  place_id: string
  channel: string
  tenant: string
  room: string
  thread: string
  conversation_id: string | null
  task_id: string | null
  question_id: string | null
  kind: Delivery['kind']
  content: Record<string, unknown>
  status: Delivery['status']
  message_ids: string[]
  shown: string[]
  shown_event: number
  tries: number
  error: string | null
  created_at: Date
  ended_at: Date | null
}): Delivery => ({
  id: row.id as Id<'delivery'>,
  orgId: row.org_id as Id<'org'>,
  place: { id: row.place_id, channel: row.channel, tenant: row.tenant, room: row.room, thread: row.thread },
  conversationId: row.conversation_id,
  taskId: row.task_id,
  questionId: row.question_id,
  kind: row.kind,
  content: row.content,
  status: row.status,
  messageIds: row.message_ids,
  shown: row.shown,
  shownEvent: row.shown_event,
  tries: row.tries,
  error: row.error,
  createdAt: row.created_at,
  endedAt: row.ended_at,
})
