/**
 * A Discord on loopback: REST API and Gateway with what the real ones refuse, and a person's view of its channels. How it differs
 * from the platform is listed in src/channels/discord/README.md.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { ZodError } from 'zod'
import { createApi, type ApiRequest, type ApiRules } from './api.ts'
import { createFaults, type Fault, type Faults } from './faults.ts'
import { createGateway, type Gateway, type GatewayRules } from './gateway-server.ts'
import { createInteractions, type Interactions } from './interactions.ts'
import { createPeople, type People } from './people.ts'
import { invalidForm, Refusal, tooMany } from './refusal.ts'
import { createWorld, toChannel, toUser, isDirect, type Channel, type World } from './world.ts'

export interface FakeDiscord extends AsyncDisposable {
  apiUrl: string
  token: string
  world: World
  people: People
  gateway: Gateway
  interactions: Interactions
  rules: ApiRules & GatewayRules
  /** All calls: `POST /channels/1/messages`. */
  calls: { call: string; body: unknown }[]
  /** By their names. */
  commands(): string[]
  commandChanges(): number
  threads(): Channel[]
  fail: Faults['add']
  setTokenValid(isValid: boolean): void
  /** Cuts all connections. */
  dropConnections(): void
  stop(): Promise<void>
}

const TOKEN = 'MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.fake-token-of-a-fake-bot'
/** What makes or changes a message. */
export const WRITES = /^(POST|PATCH) \/channels\/\d+\/messages(\/\d+)?$/

export async function startDiscord(): Promise<FakeDiscord> {
  const world = createWorld()
  const faults = createFaults()
  const calls: FakeDiscord['calls'] = []
  const connections = new Set<Socket>()
  let isValid = true
  const isToken = (token: string | undefined) => isValid && token === TOKEN
  const rules: FakeDiscord['rules'] = {
    messagesInFiveSeconds: Infinity,
    mayCreateThreads: true,
    hasMessageContent: true,
    refusesWith: undefined,
    heartbeatMs: 41_250,
    isSilent: false,
  }
  const gateway = createGateway({ rules, isToken, greet: (sessionId) => greeting(world, sessionId, wsUrl()) })
  const interactions = createInteractions(world)
  const api = createApi({ world, rules, gateway, interactions, isToken, gatewayUrl: wsUrl })
  const people = createPeople({ world, gateway, interactions })

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse) {
    const request = await readRequest(incoming)
    const call = `${request.method} ${request.path}`
    calls.push({ call, body: request.body })
    const fault = faults.take(call)
    if (fault?.kind === 'drop-before') return incoming.socket.destroy()
    if (fault?.kind === 'server-error') {
      outgoing.writeHead(fault.status, { 'content-type': 'text/html' })
      return outgoing.end('<html><h1>upstream connect error</h1></html>')
    }
    const refusal = fault && refusalOf(fault)
    if (refusal) throw refusal
    if (request.path.startsWith('/attachments/')) return giveFile(request.path, request.query, outgoing)
    const { status, body, headers } = api.answer(request)
    if (fault?.kind === 'drop-after') return incoming.socket.destroy()
    if (body === undefined) return outgoing.writeHead(status, headers).end()
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }

  function giveFile(path: string, query: URLSearchParams, outgoing: ServerResponse) {
    const file = world.cdn.read(path, query)
    if (!file)
      return outgoing.writeHead(404, { 'content-type': 'text/plain' }).end('This content is no longer available.')
    return outgoing.writeHead(200, { 'content-type': file.mediaType ?? 'application/octet-stream' }).end(file.content)
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      const { status, body, headers } = refusalFor(error)
      outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    })
  })
  server.on('upgrade', (request, stream) => gateway.upgrade(request, stream))
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  world.cdn.origin = `http://127.0.0.1:${port}`
  function wsUrl() {
    return `ws://127.0.0.1:${port}/gateway`
  }

  const dropConnections = () => {
    for (const socket of connections) socket.destroy()
  }
  async function stop() {
    server.close()
    dropConnections()
  }

  return {
    apiUrl: `http://127.0.0.1:${port}/api`,
    token: TOKEN,
    world,
    people,
    gateway,
    interactions,
    rules,
    calls,
    commands: () => api.commands().map(({ name }) => name),
    commandChanges: api.commandChanges,
    threads: api.threads,
    fail: faults.add,
    setTokenValid(next) {
      isValid = next
    },
    dropConnections,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function greeting(world: World, sessionId: string, url: string) {
  const channels = [...world.channels.values()].filter((channel) => !isDirect(channel))
  const inGuild = (isThread: boolean) =>
    channels
      .filter(({ parent }) => (parent !== undefined) === isThread)
      .map((channel) => toChannel(channel, world.guild))
  return [
    {
      type: 'READY',
      data: {
        v: 10,
        user: toUser(world.bot),
        guilds: [{ id: world.guild, unavailable: true }],
        session_id: sessionId,
        resume_gateway_url: url,
        shard: [0, 1],
        application: { id: world.bot.id, flags: 0 },
      },
    },
    {
      type: 'GUILD_CREATE',
      data: { id: world.guild, name: 'Acme', unavailable: false, channels: inGuild(false), threads: inGuild(true) },
    },
  ]
}

async function readRequest(incoming: IncomingMessage): Promise<ApiRequest> {
  const url = new URL(incoming.url ?? '/', 'http://discord')
  const raw = await buffer(incoming)
  const type = incoming.headers['content-type'] ?? ''
  const files: ApiRequest['files'] = []
  let body: unknown
  if (type.startsWith('multipart/')) {
    const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData()
    for (const [key, value] of form) {
      if (typeof value === 'string') body = key === 'payload_json' ? JSON.parse(value) : body
      else files.push({ name: value.name, content: Buffer.from(await value.arrayBuffer()) })
    }
  } else if (raw.length > 0) body = JSON.parse(raw.toString())
  return {
    method: incoming.method ?? 'GET',
    path: decodeURIComponent(url.pathname).replace(/^\/api\/v10/, ''),
    query: url.searchParams,
    token: /^Bot (.+)$/.exec(incoming.headers.authorization ?? '')?.[1],
    body,
    files,
  }
}

function refusalOf(fault: Fault): Refusal | undefined {
  if (fault.kind === 'rate') return tooMany(fault.seconds, { 'x-ratelimit-scope': 'shared' })
  if (fault.kind === 'refusal') return new Refusal(fault.status, fault.code, fault.message)
  return undefined
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof ZodError)
    return invalidForm(error.issues[0]?.path.join('.') || 'body', 'BASE_TYPE_BAD', error.issues[0]?.message ?? '')
  return new Refusal(500, 0, `500: Internal Server Error ${String(error)}`)
}
