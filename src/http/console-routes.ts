/** The console channel's side of people: what they say in a terminal, and what Drover shows them there. */
import { createRoute, z } from '@hono/zod-openapi'
import { findConversation, openConversation } from '../conversations/store.ts'
import type { Conversation } from '../conversations/conversation.ts'
import { listCodebases } from '../codebases/store.ts'
import { asOrg, type Db } from '../db/scope.ts'
import { catchUp } from '../deliveries/catch-up-store.ts'
import { storeSaid } from '../inbox/store.ts'
import { findAsking, readRoom } from '../inbox/room-store.ts'
import { UserError } from '../lib/errors.ts'
import { newId } from '../lib/ids.ts'
import type { Principal } from '../orgs/org.ts'
import { listChannels } from '../places/channel-store.ts'
import { currentConversation, findPlace, openPlace, setConversation, type PlaceRow } from '../places/store.ts'
import { titleOf } from '../tasks/task.ts'
import { jsonAnswer, jsonBody, refusals, wholeNumber, type Api } from './api.ts'
import { streamRoom } from './console-stream.ts'
import type { StreamParts } from './events-stream.ts'
import { createOnce, IdempotencyHeader } from './idempotency.ts'
import { knownAgent, knownCodebase } from './known.ts'
import type { AgentDirectory } from './parts.ts'
import { STREAM_HEADERS } from './stream-looks.ts'
import { conversationToWire, roomEntryToWire } from './to-wire.ts'
import {
  Accepted,
  Console,
  ConsoleChoice,
  ConsoleMessages,
  ConsoleText,
  NewConsole,
  type NewConsole as Wanted,
} from './wire.ts'

const tags = ['Console']
const Room = z.object({
  room: z.string().openapi({ param: { name: 'room', in: 'path' }, example: 'cnv_01kanv3e5x8t1z6w2q9r4c7b0d' }),
})

const open = createRoute({
  method: 'post',
  path: '/v1/console',
  operationId: 'openConsole',
  summary: 'Opens a room for a new conversation, or joins one that goes on elsewhere',
  tags,
  request: { headers: IdempotencyHeader, body: jsonBody(NewConsole) },
  responses: { 201: jsonAnswer('The room and its conversation', Console), ...refusals.create, 404: refusals.find[404] },
})

const say = createRoute({
  method: 'post',
  path: '/v1/console/{room}/messages',
  operationId: 'sayInConsole',
  summary: 'Says something: work, a command such as `/status`, or an answer',
  tags,
  request: { params: Room, headers: IdempotencyHeader, body: jsonBody(ConsoleText) },
  responses: { 202: jsonAnswer('It is stored, and handled in its turn', Accepted), ...refusals.change },
})

const choose = createRoute({
  method: 'post',
  path: '/v1/console/{room}/choices',
  operationId: 'chooseInConsole',
  summary: 'Answers a question by one of its choices',
  tags,
  request: { params: Room, headers: IdempotencyHeader, body: jsonBody(ConsoleChoice) },
  responses: { 202: jsonAnswer('It is stored, and handled in its turn', Accepted), ...refusals.change },
})

const read = createRoute({
  method: 'get',
  path: '/v1/console/{room}/messages',
  operationId: 'readConsole',
  summary: 'What was said and what Drover shows, oldest first',
  tags,
  request: { params: Room, query: z.object({ limit: wholeNumber(1, 200, 50, 'At most so many, the newest') }) },
  responses: { 200: jsonAnswer('The room', ConsoleMessages), ...refusals.find, 422: refusals.list[422] },
})

const follow = createRoute({
  method: 'get',
  path: '/v1/console/{room}/events',
  operationId: 'followConsole',
  summary: 'The room as server-sent events',
  description:
    'Each is a ConsoleMessages: first `event: snapshot`, then `event: change` with what is new or has changed: the same `id` stands instead of what was told of it before. A stream that closes is to be asked for again; it begins with a snapshot.',
  tags,
  request: { params: Room },
  responses: {
    200: { description: 'As it happens', content: { 'text/event-stream': { schema: z.string() } } },
    ...refusals.find,
  },
})

export function addConsoleRoutes(api: Api, { agents, ...parts }: StreamParts & { agents: AgentDirectory }): void {
  const { database } = parts

  api.openapi(open, async (c) => {
    const body = c.req.valid('json')
    const made = await createOnce(database, c, body, async (db, { orgId }) => {
      const conversation = await conversationFor(db, agents, orgId, body)
      const place = await openPlace(db, orgId, placeOf(conversation.id))
      await setConversation(db, place, conversation.id)
      await catchUp(db, place, conversation.id)
      return { room: place.room, conversation: conversationToWire(conversation) }
    })
    return c.json(made, 201)
  })

  api.openapi(say, async (c) => {
    const { room } = c.req.valid('param')
    const body = c.req.valid('json')
    const made = await createOnce(database, c, body, async (db, principal) => {
      const { text, replyTo } = body
      return store(db, principal, await getRoom(db, room), (said) => ({
        ...said,
        type: 'message',
        text,
        messageId: said.key,
        isAddressed: true,
        isPrivate: true,
        ...(replyTo !== undefined && { replyTo }),
      }))
    })
    return c.json(made, 202)
  })

  api.openapi(choose, async (c) => {
    const { room } = c.req.valid('param')
    const body = c.req.valid('json')
    const made = await createOnce(database, c, body, async (db, principal) => {
      const place = await getRoom(db, room)
      const messageId = await findAsking(db, place.id, body.questionId)
      if (messageId === undefined)
        throw new UserError('question-unknown', `There is no question ${body.questionId} in ${room}.`)
      return store(db, principal, place, (said) => ({ ...said, type: 'choice', ...body, messageId }))
    })
    return c.json(made, 202)
  })

  api.openapi(read, async (c) => {
    const { room } = c.req.valid('param')
    const { limit } = c.req.valid('query')
    const found = await asOrg(database, c.get('principal').orgId, async (db) => {
      const place = await getRoom(db, room)
      const messages = (await readRoom(db, place, limit)).slice(-limit).map(roomEntryToWire)
      return { conversationId: (await currentConversation(db, place.id)) ?? null, messages }
    })
    return c.json(found, 200)
  })

  api.openapi(follow, async (c) => {
    const { room } = c.req.valid('param')
    const place = await asOrg(database, c.get('principal').orgId, (db) => getRoom(db, room))
    return c.body(streamRoom(parts, place), 200, STREAM_HEADERS)
  })
}

const CHANNEL = 'console'
const placeOf = (room: string) => ({ channel: CHANNEL, tenant: '', room, thread: '' })

async function getRoom(db: Db, room: string): Promise<PlaceRow> {
  const place = await findPlace(db, placeOf(room))
  if (place) return place
  throw new UserError('room-unknown', `There is no room ${room}. POST /v1/console opens one.`)
}

async function conversationFor(
  db: Db,
  agents: AgentDirectory,
  orgId: string,
  { conversationId, codebase: which, agent, title }: Wanted,
): Promise<Conversation> {
  const channels = await listChannels(db)
  if (!channels.some(({ name }) => name === CHANNEL))
    throw new UserError('no-console', 'The console of this service is not open to this org: use POST /v1/tasks.')
  if (conversationId !== undefined) {
    const known = await findConversation(db, conversationId)
    if (known) return known
    throw new UserError('no-conversation', `There is no conversation ${conversationId}.`)
  }
  const codebase = which === undefined ? await onlyCodebase(db) : await knownCodebase(db, which)
  return openConversation(db, {
    orgId: orgId as Conversation['orgId'],
    title: title === undefined ? (codebase?.name ?? 'Conversation') : titleOf(title),
    codebaseId: codebase?.id ?? null,
    agent: knownAgent(agents, agent ?? codebase?.agent ?? undefined),
  })
}

async function onlyCodebase(db: Db) {
  const [only, another] = await listCodebases(db)
  return another ? undefined : only
}

type Event = Parameters<typeof storeSaid>[2]
type Said = Pick<Event, 'key' | 'place' | 'actor' | 'at'>

/** The key is one of ours: that a request sent twice counts once is held by its Idempotency-Key. */
async function store(db: Db, { orgId, keyId, name }: Principal, place: PlaceRow, eventOf: (said: Said) => Event) {
  const key = newId('message')
  const actor = { id: keyId, name, isBot: false }
  await storeSaid(db, orgId, eventOf({ key, place: placeOf(place.room), actor, at: new Date().toISOString() }))
  return { id: key }
}
