import { onceAsSystem } from '../db/scope.ts'
import type { Watcher } from '../http/watch.ts'
import { busy, refuse } from './answers.ts'
import { headersToKeep } from './headers.ts'
import { readBody, type Intake } from './read-body.ts'
import type { RelayParts } from './limits.ts'
import { RELAYED_METHODS } from './wire.ts'
import { findAnswer, findChannel, storePost, type NewPost, type PostAnswer } from './store.ts'

const METHODS: ReadonlySet<string> = new Set(RELAYED_METHODS)
const FULL_SECONDS = 60
/** With these no body may be sent. */
const BODILESS = new Set([204, 205, 304])

export interface PostDoor extends RelayParts {
  answers: Watcher
  intake: Intake
  isAllowed: (channelId: string) => boolean
}

/**
 * The side of the platforms, who have no token: the address is the secret, and signatures are verified at the end. The post is
 * stored before it is answered: with Drover's answer where that comes in time, else with 202.
 */
export async function takePost(door: PostDoor, request: Request, channelId: string, path: string): Promise<Response> {
  const { database, limits } = door
  if (!METHODS.has(request.method))
    return refuse(405, 'Platforms post here; there is nothing to see.', { allow: [...METHODS].join(', ') })
  const channel = await onceAsSystem(database, (db) => findChannel(db, channelId))
  if (!channel) return refuse(404, 'There is no such channel at this relay.')
  if (!door.isAllowed(channelId))
    return busy(`More than ${limits.postsPerMinute} posts a minute. Post it again later.`, FULL_SECONDS)
  if (channel.waiting >= limits.backlog.posts) return full()
  let stored: Awaited<ReturnType<typeof storePost>>
  const room = door.intake.open()
  try {
    const body = await readBody(request, limits.bodyBytes, room)
    if (body === 'broken-off') return refuse(400, 'The post broke off.')
    if (body === 'too-large') return refuse(413, `A post holds at most ${limits.bodyBytes} bytes.`)
    if (body === 'no-room') return busy('Too much is on its way in. Post it again in a moment.', 5, 503)
    stored = await onceAsSystem(database, (db) =>
      storePost(db, channelId, newPost(request, path, body), limits.backlog),
    )
  } finally {
    room.close()
  }
  if (!stored) return full()
  const answer = stored.isConnected ? await awaitAnswer(door, channelId, stored.seq) : undefined
  return answer
    ? handThrough(answer)
    : Response.json({ note: 'Kept at the relay until Drover has it.' }, { status: 202 })
}

const newPost = ({ method, url, headers }: Request, path: string, body: Buffer): NewPost => ({
  method,
  path,
  query: new URL(url).search,
  headers: headersToKeep(headers),
  body,
})

const full = () =>
  busy('The relay keeps as much for this channel as it may: its Drover is away. Post it again later.', FULL_SECONDS)

async function awaitAnswer(
  { database, answers, limits }: PostDoor,
  channelId: string,
  seq: number,
): Promise<PostAnswer | undefined> {
  const watch = answers.watch(`${channelId}/${seq}`)
  const until = Date.now() + limits.answerMs
  try {
    while (watch.isOpen && Date.now() < until) {
      if (!(await watch.changed(until - Date.now()))) continue
      const answer = await onceAsSystem(database, (db) => findAnswer(db, channelId, seq))
      if (answer) return answer
    }
    return undefined
  } finally {
    watch.close()
  }
}

/** `nosniff`: what a browser makes of it is what Drover said that it is. */
function handThrough({ status, contentType, body }: PostAnswer): Response {
  const headers = {
    'x-content-type-options': 'nosniff',
    ...(contentType !== null && { 'content-type': contentType }),
  }
  return new Response(body === null || BODILESS.has(status) ? null : new Uint8Array(body), { status, headers })
}
