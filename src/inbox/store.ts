import { sql, type Selectable } from 'kysely'
import type { Ignored, Inbound } from '../channels/channel.ts'
import type { Db } from '../db/scope.ts'
import type { Tables } from '../db/tables.ts'
import { newId, type Id } from '../lib/ids.ts'
import { laneOf } from '../places/store.ts'
import type { Said, Verdict } from './inbox.ts'

/** Stored once, however often it is delivered. */
export async function storeSaid(db: Db, orgId: string, event: Inbound): Promise<'new' | 'duplicate'> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('inbox')
    .values({
      id: newId('said'),
      org_id: orgId,
      channel: event.place.channel,
      key: event.key,
      lane: laneOf(event.place),
      event: JSON.stringify(event),
      link: event.link ?? null,
    })
    .onConflict((conflict) => conflict.columns(['channel', 'key']).doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n ? 'new' : 'duplicate'
}

/** Handled as it comes: it is nothing to us. */
export async function storeIgnored(db: Db, orgId: string, { reason, ...ignored }: Ignored): Promise<void> {
  await db
    .insertInto('inbox')
    .values({
      id: newId('said'),
      org_id: orgId,
      channel: ignored.place.channel,
      key: ignored.key,
      lane: laneOf(ignored.place),
      event: JSON.stringify({ ...ignored, type: 'message', messageId: '', isAddressed: false }),
      link: ignored.link ?? null,
      status: 'done',
      verdict: 'dropped',
      reason,
      handled_at: sql<Date>`now()`,
    })
    .onConflict((conflict) => conflict.columns(['channel', 'key']).doNothing())
    .execute()
}

/** The next thing to handle, locked until the transaction ends: in each lane the oldest, lanes beside one another. */
export async function takeSaid(db: Db): Promise<Said | undefined> {
  const row = await db
    .selectFrom('inbox as i')
    .selectAll()
    .where('status', '=', 'new')
    .where('run_at', '<=', sql<Date>`now()`)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('inbox as earlier')
            .select('earlier.id')
            .whereRef('earlier.lane', '=', 'i.lane')
            // What waits for its files holds back what was said after it.
            .where('earlier.status', 'in', ['new', 'fetching'])
            .whereRef('earlier.seq', '<', 'i.seq'),
        ),
      ),
    )
    .orderBy('seq')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row && toSaid(row)
}

export async function writeVerdict(db: Db, id: string, verdict: Verdict): Promise<void> {
  await db
    .updateTable('inbox')
    .set({
      status: 'done',
      verdict: verdict.type,
      reason: verdict.reason,
      task_id: verdict.taskId ?? null,
      conversation_id: verdict.conversationId ?? null,
      handled_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .execute()
}

/** What was not for us is not ours to keep: its words and files go. */
export async function forgetWords(db: Db, id: string): Promise<void> {
  await db
    .updateTable('inbox')
    .set({ event: sql`event - 'text' - 'attachments'` })
    .where('id', '=', id)
    .execute()
}

const TRIES = 3

/** Handling it went wrong: again a little later, and after the third time parked. */
export async function noteFailure(db: Db, id: string, reason: string): Promise<'new' | 'parked'> {
  const row = await db
    .updateTable('inbox')
    .set({
      tries: sql<number>`tries + 1`,
      run_at: sql<Date>`now() + make_interval(secs => power(4, tries))`,
      status: sql<'new' | 'parked'>`case when tries + 1 >= ${TRIES} then 'parked' else 'new' end`,
      reason,
    })
    .where('id', '=', id)
    .where('status', '=', 'new')
    .returning('status')
    .executeTakeFirst()
  return row?.status === 'parked' ? 'parked' : 'new'
}

/** By id, key, link, or the task that it became; newest first. A pasted link matches by what names the message in it. */
export async function findSaid(db: Db, which: string, limit = 10): Promise<Said[]> {
  const message = /\/archives\/\w+\/p\d+/.exec(which)?.[0]
  const rows = await db
    .selectFrom('inbox')
    .selectAll()
    .where((where) =>
      where.or([
        where('id', '=', which),
        where('key', '=', which),
        where('link', '=', message === undefined ? which : `https://slack.com${message}`),
        where('task_id', '=', which),
      ]),
    )
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toSaid)
}

export async function listSaid(
  db: Db,
  { status, limit, conversationId }: { status?: Said['status']; conversationId?: string; limit: number },
): Promise<Said[]> {
  let query = db.selectFrom('inbox').selectAll().orderBy('seq', 'desc').limit(limit)
  if (status !== undefined) query = query.where('status', '=', status)
  if (conversationId !== undefined) query = query.where('conversation_id', '=', conversationId)
  return (await query.execute()).map(toSaid)
}

/** Parked ones, to be handled once more. False where there is none of this id. */
export async function retrySaid(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('inbox')
    .set({ status: 'new', tries: 0, run_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', '=', 'parked')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Accounts that were refused lately, with how to let them in. */
export async function listRefused(db: Db): Promise<{ channel: string; actor: string; name: string; at: Date }[]> {
  const { rows } = await sql<{ channel: string; actor: string; name: string; at: Date }>`
    select channel, event->'actor'->>'id' as actor, max(event->'actor'->>'name') as name, max(received_at) as at
      from inbox where verdict = 'dropped' and reason like 'not allowed%' and received_at > now() - interval '7 days'
     group by 1, 2 order by 4 desc limit 20`.execute(db)
  return rows
}

/** Whether this account was told before that it may not. */
export async function wasRefused(db: Db, channel: string, actor: string): Promise<boolean> {
  const row = await db
    .selectFrom('inbox')
    .select('id')
    .where('channel', '=', channel)
    .where('verdict', '=', 'dropped')
    .where('reason', 'like', 'not allowed%')
    .where(sql<string>`event->'actor'->>'id'`, '=', actor)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Longer than any platform delivers again. */
export async function forgetOldSaid(db: Db): Promise<void> {
  await db
    .deleteFrom('inbox')
    .where('status', '=', 'done')
    .where('received_at', '<', sql<Date>`now() - interval '30 days'`)
    .execute()
}

export const toSaid = (row: Selectable<Tables['inbox']>): Said => ({
  id: row.id as Id<'said'>,
  orgId: row.org_id as Id<'org'>,
  channel: row.channel,
  key: row.key,
  event: row.event as unknown as Inbound,
  link: row.link,
  status: row.status,
  tries: row.tries,
  verdict: row.verdict,
  reason: row.reason,
  taskId: row.task_id,
  conversationId: row.conversation_id,
  receivedAt: row.received_at,
  handledAt: row.handled_at,
  fetchedAt: row.fetched_at,
})
