/** Discord's REST API, as much of it as a bot of ours may call, with what the real one refuses. */
import { ChannelType } from 'discord-api-types/v10'
import { z } from 'zod'
import type { Gateway } from './gateway-server.ts'
import type { Interactions } from './interactions.ts'
import { bodyShape, checkBody, type Body } from './message-rules.ts'
import {
  invalidForm,
  missingAccess,
  Refusal,
  tooMany,
  unauthorized,
  unknownChannel,
  unknownInteraction,
  unknownMessage,
} from './refusal.ts'
import {
  isDirect,
  isThread,
  notifiedBy,
  toChannel,
  toEvent,
  toUser,
  toWire,
  type Channel,
  type Message,
  type Row,
  type World,
} from './world.ts'

export interface ApiRequest {
  method: string
  path: string
  query: URLSearchParams
  token: string | undefined
  body: unknown
  files: { name: string; content: Buffer }[]
}

export interface ApiAnswer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

export interface ApiRules {
  /** Messages in a channel, in five seconds. The platform allows some five. */
  messagesInFiveSeconds: number
  /** The permission of threads. */
  mayCreateThreads: boolean
}

interface Parts {
  world: World
  rules: ApiRules
  gateway: Gateway
  interactions: Interactions
  gatewayUrl(): string
  isToken(token: string | undefined): boolean
}

type Handler = (ids: string[], request: ApiRequest) => ApiAnswer

const WINDOW_MS = 5000
const ok = (body: unknown, headers = {}): ApiAnswer => ({ status: 200, body, headers })
const nothing = (): ApiAnswer => ({ status: 204, body: undefined })

const commandShape = z.object({
  name: z.string().regex(/^[-_\p{L}\p{N}]{1,32}$/u),
  description: z.string().min(1).max(100),
  options: z
    .array(
      z.object({ type: z.number(), name: z.string(), description: z.string().min(1).max(100), required: z.boolean() }),
    )
    .max(25),
})

export function createApi({ world, rules, gateway, interactions, gatewayUrl, isToken }: Parts) {
  const { channels, messages, bot } = world
  const byNonce = new Map<string, Message>()
  const sentAt = new Map<string, number[]>()
  let commands: object[] = []
  let commandChanges = 0

  function channelOf(id: string): Channel {
    const channel = channels.get(id)
    if (!channel) throw unknownChannel()
    if (channel.isClosed || channels.get(channel.parent ?? '')?.isClosed) {
      if (isDirect(channel)) throw new Refusal(403, 50_007, 'Cannot send messages to this user')
      throw missingAccess()
    }
    return channel
  }

  function messageOf(channel: Channel, id: string): Message {
    const message = messages.find((one) => one.id === id && one.channel === channel)
    if (!message) throw unknownMessage()
    return message
  }

  /** What is left of the bucket of a channel. */
  function pace(channel: string) {
    const limit = rules.messagesInFiveSeconds
    if (limit === Infinity) return {}
    const now = Date.now()
    const recent = (sentAt.get(channel) ?? []).filter((at) => now - at < WINDOW_MS)
    const isTooMany = recent.length >= limit
    if (!isTooMany) recent.push(now)
    sentAt.set(channel, recent)
    const resetSeconds = (WINDOW_MS - (now - recent[0]!)) / 1000
    const headers = {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(limit - recent.length),
      'x-ratelimit-reset-after': resetSeconds.toFixed(3),
      'x-ratelimit-bucket': 'messages',
    }
    if (isTooMany) throw tooMany(resetSeconds, { ...headers, 'x-ratelimit-scope': 'user' })
    return headers
  }

  function createMessage([id = '']: string[], { body: given, files }: ApiRequest): ApiAnswer {
    const channel = channelOf(id)
    const body = bodyShape.parse(given)
    const headers = pace(id)
    checkBody(body, files)
    const content = (body.content ?? '').trim()
    if (content === '' && files.length === 0) throw new Refusal(400, 50_006, 'Cannot send an empty message')
    const nonce = body.enforce_nonce && body.nonce !== undefined ? `${id}:${body.nonce}` : undefined
    const same = nonce === undefined ? undefined : byNonce.get(nonce)
    if (same) return ok({ ...toWire(same, world), nonce: body.nonce }, headers)
    const message: Message = {
      id: world.nextId(),
      channel,
      author: bot,
      content,
      components: (body.components ?? []) as Row[],
      files,
      flags: body.flags,
      replyTo: undefined,
      isWebhook: false,
      editedAt: null,
      notified: notifiedBy(content, body.allowed_mentions),
    }
    messages.push(message)
    if (nonce !== undefined) byNonce.set(nonce, message)
    gateway.tell('MESSAGE_CREATE', toEvent(message, world))
    return ok({ ...toWire(message, world), nonce: body.nonce }, headers)
  }

  function editMessage([room = '', id = '']: string[], { body: given }: ApiRequest): ApiAnswer {
    const message = messageOf(channelOf(room), id)
    if (message.author !== bot) throw new Refusal(403, 50_005, 'Cannot edit a message authored by another user')
    const body: Body = bodyShape.parse(given)
    checkBody(body, [])
    const content = (body.content ?? message.content).trim()
    if (content === '' && message.files.length === 0) throw new Refusal(400, 50_006, 'Cannot send an empty message')
    Object.assign(message, {
      content,
      components: body.components ?? message.components,
      editedAt: new Date().toISOString(),
      notified: [...message.notified, ...notifiedBy(content, body.allowed_mentions)],
    })
    gateway.tell('MESSAGE_UPDATE', toEvent(message, world))
    return ok(toWire(message, world))
  }

  function listMessages([id = '']: string[], { query }: ApiRequest): ApiAnswer {
    const channel = channelOf(id)
    const limit = Number(query.get('limit') ?? 50)
    if (!(limit >= 1 && limit <= 100)) throw invalidForm('limit', 'NUMBER_TYPE_MAX', 'int value should be 1 to 100.')
    const after = BigInt(query.get('after') ?? 0)
    const found = messages.filter((message) => message.channel === channel && BigInt(message.id) > after)
    // The next ones, the newest of them first.
    const page = query.has('after') ? found.slice(0, limit) : found.slice(-limit)
    return ok(page.toReversed().map((message) => toWire(message, world)))
  }

  function startThread([room = '', id = '']: string[], { body }: ApiRequest): ApiAnswer {
    const parent = channelOf(room)
    if (parent.type !== ChannelType.GuildText)
      throw new Refusal(400, 50_024, 'Cannot execute action on this channel type')
    messageOf(parent, id)
    if (!rules.mayCreateThreads) throw new Refusal(403, 50_013, 'Missing Permissions')
    const name = z.object({ name: z.string() }).parse(body).name
    if (name.trim() === '' || name.length > 100)
      throw invalidForm('name', 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 100 in length.')
    if (channels.has(id)) throw new Refusal(400, 160_004, 'A thread has already been created for this message')
    const thread = world.addChannel({ id, type: ChannelType.PublicThread, name, parent: room })
    gateway.tell('THREAD_CREATE', { ...toChannel(thread, world.guild), owner_id: bot.id, newly_created: true })
    return { status: 201, body: toChannel(thread, world.guild) }
  }

  function openDirect(_: string[], { body }: ApiRequest): ApiAnswer {
    const { recipient_id: id } = z.object({ recipient_id: z.string() }).parse(body)
    const person = world.people.find((one) => one.id === id)
    if (!person) throw new Refusal(404, 10_013, 'Unknown User')
    const open = [...channels.values()].find(({ recipient }) => recipient?.id === id)
    return ok(toChannel(open ?? world.addChannel({ type: ChannelType.DM, name: '', recipient: person }), world.guild))
  }

  function setCommands(_: string[], { body }: ApiRequest): ApiAnswer {
    // The platform adds much, and leaves out what is false.
    commands = z
      .array(commandShape)
      .max(100)
      .parse(body)
      .map(({ options, ...command }) => ({
        ...command,
        id: world.nextId(),
        application_id: bot.id,
        type: 1,
        nsfw: false,
        default_member_permissions: null,
        contexts: null,
        options: options.map(({ type, name, description }) => ({ type, name, description })),
      }))
    commandChanges++
    return ok(commands)
  }

  const routes: [string, RegExp, Handler][] = [
    ['GET', /^\/users\/@me$/, () => ok({ ...toUser(bot), verified: true, mfa_enabled: false })],
    ['GET', /^\/users\/@me\/guilds$/, () => ok([{ id: world.guild, name: 'Acme', owner: false, permissions: '0' }])],
    [
      'GET',
      /^\/guilds\/(\d+)\/roles$/,
      () =>
        ok([
          { id: world.guild, name: '@everyone', managed: false },
          { id: world.botRole, name: 'Drover', managed: true, tags: { bot_id: bot.id } },
        ]),
    ],
    ['POST', /^\/users\/@me\/channels$/, openDirect],
    [
      'GET',
      /^\/gateway\/bot$/,
      () =>
        ok({
          url: gatewayUrl(),
          shards: 1,
          session_start_limit: { total: 1000, remaining: 999, reset_after: 14_400_000, max_concurrency: 1 },
        }),
    ],
    ['GET', /^\/applications\/@me$/, () => ok({ id: bot.id, name: 'Drover', flags: 0 })],
    ['GET', /^\/applications\/(\d+)\/commands$/, () => ok(commands)],
    ['PUT', /^\/applications\/(\d+)\/commands$/, setCommands],
    ['GET', /^\/channels\/(\d+)$/, ([id = '']) => ok(toChannel(channelOf(id), world.guild))],
    ['GET', /^\/channels\/(\d+)\/messages$/, listMessages],
    [
      'GET',
      /^\/channels\/(\d+)\/messages\/(\d+)$/,
      ([room = '', id = '']) => ok(toWire(messageOf(channelOf(room), id), world)),
    ],
    ['POST', /^\/channels\/(\d+)\/messages$/, createMessage],
    ['PATCH', /^\/channels\/(\d+)\/messages\/(\d+)$/, editMessage],
    ['POST', /^\/channels\/(\d+)\/messages\/(\d+)\/threads$/, startThread],
    ['POST', /^\/channels\/(\d+)\/typing$/, ([id = '']) => (channelOf(id), nothing())],
    [
      'POST',
      /^\/interactions\/(\d+)\/([^/]+)\/callback$/,
      ([id = '', token = ''], { body }) => (interactions.acknowledge(id, token, body), nothing()),
    ],
  ]

  return {
    commands: () => commands as { name: string }[],
    commandChanges: () => commandChanges,
    threads: () => [...channels.values()].filter(isThread),
    answer(request: ApiRequest): ApiAnswer {
      const isCallback = request.path.startsWith('/interactions/')
      if (!isCallback && !isToken(request.token)) throw unauthorized()
      for (const [method, path, handle] of routes) {
        const match = method === request.method && path.exec(request.path)
        if (match) return handle(match.slice(1), request)
      }
      if (isCallback) throw unknownInteraction()
      throw new Refusal(404, 0, '404: Not Found')
    },
  }
}
