import { onceAsSystem } from '../db/scope.ts'
import { STREAM_HEADERS, streamLooks } from '../http/stream-looks.ts'
import { refuse } from './answers.ts'
import { isToken } from './channel.ts'
import type { Consumers } from './consumers.ts'
import { readBody } from './read-body.ts'
import type { RelayParts } from './limits.ts'
import { findChannel, findWaitingBody, readWaiting, settlePost } from './store.ts'
import { HEARTBEAT_MS, RelayAck, type RelayPost } from './wire.ts'

const PAGE = 50
const MOST_ACK_BYTES = 256 * 2 ** 10

interface ConsumerDoor extends RelayParts {
  consumers: Consumers
}

/** The side of the one who reads, with the channel's token: `posts`, `posts/<seq>`, `ack`. */
export async function serveConsumer(
  door: ConsumerDoor,
  request: Request,
  channelId: string,
  what: string,
): Promise<Response> {
  const channel = await onceAsSystem(door.database, (db) => findChannel(db, channelId))
  const [, token = ''] = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  // The same for both: who has no token does not learn which channels there are.
  if (!channel || !isToken(token, channel.tokenHash))
    return refuse(401, 'There is no such channel, or this is not its token.', { 'www-authenticate': 'Bearer' })
  const [, seq] = /^posts\/(\d{1,15})$/.exec(what) ?? []
  if (request.method === 'GET' && what === 'posts') return streamPosts(door, request, channelId)
  if (request.method === 'GET' && seq !== undefined) return sendBody(door, channelId, Number(seq))
  if (request.method === 'POST' && what === 'ack') return takeAck(door, request, channelId)
  return refuse(404, `There is no ${request.method} ${what} here.`)
}

/** All that waits, in order, each once; it goes on until one of us leaves. What is not acknowledged comes again in the next stream. */
async function streamPosts(
  { database, consumers, log }: ConsumerDoor,
  request: Request,
  channelId: string,
): Promise<Response> {
  let last = Number(/^\d{1,15}$/.exec(request.headers.get('last-event-id') ?? '')?.[0] ?? 0)
  const watch = await consumers.join(channelId)
  const stream = streamLooks({ watch, log, heartbeatMs: HEARTBEAT_MS, id: channelId }, async () => {
    const found = await onceAsSystem(database, (db) => readWaiting(db, channelId, last, PAGE))
    last = found.at(-1)?.seq ?? last
    // A full page: there may be more, which nobody will announce.
    if (found.length === PAGE) watch.wake()
    const isRemoved = found.length === 0 && !(await onceAsSystem(database, (db) => findChannel(db, channelId)))
    return { text: found.map(formatPost).join(''), isLast: isRemoved }
  })
  return new Response(stream, { headers: STREAM_HEADERS })
}

function formatPost({
  body,
  received_at: receivedAt,
  ...post
}: Awaited<ReturnType<typeof readWaiting>>[number]): string {
  const data: RelayPost = {
    ...post,
    method: post.method as RelayPost['method'],
    headers: post.headers as RelayPost['headers'],
    receivedAt: receivedAt.toISOString(),
    ...(body && { body: body.toString('base64') }),
  }
  return `id: ${post.seq}\nevent: post\ndata: ${JSON.stringify(data)}\n\n`
}

async function sendBody({ database }: ConsumerDoor, channelId: string, seq: number): Promise<Response> {
  const body = await onceAsSystem(database, (db) => findWaitingBody(db, channelId, seq))
  if (!body) return refuse(404, `No post ${seq} waits here.`)
  return new Response(new Uint8Array(body), { headers: { 'content-type': 'application/octet-stream' } })
}

async function takeAck({ database }: ConsumerDoor, request: Request, channelId: string): Promise<Response> {
  const body = await readBody(request, MOST_ACK_BYTES)
  const ack = RelayAck.safeParse(Buffer.isBuffer(body) ? parseJson(body) : undefined)
  if (!ack.success) return refuse(400, `This is no acknowledgement: ${ack.error.issues[0]?.message}`)
  await onceAsSystem(database, (db) => settlePost(db, channelId, ack.data))
  return new Response(null, { status: 204 })
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    // Of no use, like anything else that is no acknowledgement.
    return undefined
  }
}
