import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { generateChannel, type RelayChannel } from './channel.ts'
import { INLINE_BYTES, type RelayAck } from './wire.ts'

/** A consumer that was not seen for so long is gone, though nobody saw it leave: three of its beats. */
const GONE_SECONDS = 45
const isConnected = sql<boolean>`is_connected and seen_at > now() - make_interval(secs => ${GONE_SECONDS})`

/** Returns its id and the token, which nobody can read again afterwards. `UserError('name-taken')`, `UserError('relay-name')`. */
export async function addChannel(db: Db, name: string): Promise<{ id: string; token: string }> {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name))
    throw new UserError('relay-name', `"${name}" is no name: use small letters, digits and "-", at most 63.`)
  const { id, token, tokenHash } = generateChannel()
  const row = await db
    .insertInto('relay_channels')
    .values({ id, name, token_hash: tokenHash })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!row)
    throw new UserError('name-taken', `There is a channel "${name}" already. Remove it first, or take another name.`)
  return { id, token }
}

/** By name. */
export async function listChannels(db: Db): Promise<RelayChannel[]> {
  const rows = await db
    .selectFrom('relay_channels as c')
    .select(['id', 'name', 'created_at', 'waiting', 'last_post_at', 'seen_at', isConnected.as('connected')])
    .select(({ selectFrom }) =>
      selectFrom('relay_posts as p')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('p.channel_id', '=', 'c.id')
        .where('p.status', '=', 'failed')
        .as('failed'),
    )
    .orderBy('name')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    waiting: row.waiting,
    failed: row.failed ?? 0,
    lastPostAt: row.last_post_at,
    isConnected: row.connected,
    seenAt: row.seen_at,
  }))
}

/** With what it keeps. False where there is none of this name. */
export async function removeChannel(db: Db, name: string): Promise<boolean> {
  const channel = await db.selectFrom('relay_channels').select('id').where('name', '=', name).executeTakeFirst()
  if (!channel) return false
  // Posts before their channel, as everywhere: who locked them the other way round would wait for ever.
  await db.deleteFrom('relay_posts').where('channel_id', '=', channel.id).execute()
  await db.deleteFrom('relay_channels').where('id', '=', channel.id).execute()
  return true
}

export interface KnownChannel {
  tokenHash: Buffer
  waiting: number
}

export async function findChannel(db: Db, id: string): Promise<KnownChannel | undefined> {
  const row = await db
    .selectFrom('relay_channels')
    .select(['token_hash', 'waiting'])
    .where('id', '=', id)
    .executeTakeFirst()
  return row && { tokenHash: row.token_hash, waiting: row.waiting }
}

export interface NewPost {
  method: string
  path: string
  query: string
  headers: Record<string, string>
  body: Buffer
}

export interface Backlog {
  posts: number
  bytes: number
}

/** Its number and whether somebody is connected to read it; undefined where the channel is full, or gone. */
export async function storePost(
  db: Db,
  channelId: string,
  { method, path, query, headers, body }: NewPost,
  most: Backlog,
): Promise<{ seq: number; isConnected: boolean } | undefined> {
  const { rows } = await sql<{ seq: number; connected: boolean }>`
    with numbered as (
      update relay_channels
         set last_seq = last_seq + 1, waiting = waiting + 1, waiting_bytes = waiting_bytes + ${body.length}, last_post_at = now()
       where id = ${channelId} and waiting < ${most.posts} and waiting_bytes + ${body.length} <= ${most.bytes}
      returning last_seq, ${isConnected} as connected),
    stored as (
      insert into relay_posts (channel_id, seq, method, path, query, headers, body, size)
      select ${channelId}, last_seq, ${method}, ${path}, ${query}, ${JSON.stringify(headers)}::jsonb, ${body}, ${body.length} from numbered)
    select last_seq as seq, connected from numbered`.execute(db)
  const [row] = rows
  return row && { seq: row.seq, isConnected: row.connected }
}

/** What waits behind number `after`, in order. A large body is left out. */
export async function readWaiting(db: Db, channelId: string, after: number, limit: number) {
  return db
    .selectFrom('relay_posts')
    .select(['seq', 'method', 'path', 'query', 'headers', 'received_at'])
    .select(sql<Buffer | null>`case when size <= ${INLINE_BYTES} then body end`.as('body'))
    .where('channel_id', '=', channelId)
    .where('status', '=', 'waiting')
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
}

export async function findWaitingBody(db: Db, channelId: string, seq: number): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('relay_posts')
    .select('body')
    .where('channel_id', '=', channelId)
    .where('seq', '=', seq)
    .where('status', '=', 'waiting')
    .executeTakeFirst()
  return row?.body
}

/** Nothing where it is settled already, or gone. */
export async function settlePost(db: Db, channelId: string, ack: RelayAck): Promise<void> {
  const body = ack.body === undefined ? null : Buffer.from(ack.body, 'base64')
  await sql`
    with settled as (
      update relay_posts
         set status = ${ack.outcome}, settled_at = now(), answer_status = ${ack.status},
             answer_type = ${ack.contentType ?? null}, answer_body = ${body},
             body = case when ${ack.outcome} = 'failed' then body else '' end,
             headers = case when ${ack.outcome} = 'failed' then headers else '{}' end,
             query = case when ${ack.outcome} = 'failed' then query else '' end
       where channel_id = ${channelId} and seq = ${ack.seq} and status = 'waiting'
      returning size)
    update relay_channels c set waiting = waiting - 1, waiting_bytes = waiting_bytes - settled.size
      from settled where c.id = ${channelId}`.execute(db)
}

export interface PostAnswer {
  status: number
  contentType: string | null
  body: Buffer | null
}

/** What Drover answered to a post; undefined until it did. */
export async function findAnswer(db: Db, channelId: string, seq: number): Promise<PostAnswer | undefined> {
  const row = await db
    .selectFrom('relay_posts')
    .select(['answer_status', 'answer_type', 'answer_body'])
    .where('channel_id', '=', channelId)
    .where('seq', '=', seq)
    .where('status', '=', 'answered')
    .executeTakeFirst()
  if (!row || row.answer_status === null) return undefined
  return { status: row.answer_status, contentType: row.answer_type, body: row.answer_body }
}

/** Somebody is connected to read these channels, or no longer. */
export async function noteConsumers(db: Db, channelIds: string[], isConnected: boolean): Promise<void> {
  await db
    .updateTable('relay_channels')
    .set({ is_connected: isConnected, seen_at: sql<Date>`now()` })
    .where('id', 'in', channelIds)
    .execute()
}

/** Answered posts are forgotten after a day, others after seven. How many of those nobody ever read. */
export async function forgetOldPosts(db: Db): Promise<number> {
  await sql`delete from relay_posts where status = 'answered' and settled_at < now() - interval '1 day'`.execute(db)
  await sql`delete from relay_posts where status = 'failed' and settled_at < now() - interval '7 days'`.execute(db)
  const { rows } = await sql<{ lost: number }>`
    with lost as (
      delete from relay_posts
       where (channel_id, seq) in (
         select channel_id, seq from relay_posts
          where status = 'waiting' and received_at < now() - interval '7 days' for update skip locked)
      returning channel_id, size),
    counted as (select channel_id, count(*)::int as posts, sum(size)::bigint as bytes from lost group by 1),
    freed as (
      update relay_channels c set waiting = waiting - counted.posts, waiting_bytes = waiting_bytes - counted.bytes
        from counted where c.id = counted.channel_id)
    select coalesce(sum(posts), 0)::int as lost from counted`.execute(db)
  return rows[0]?.lost ?? 0
}
