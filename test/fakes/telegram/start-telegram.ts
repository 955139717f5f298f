/**
 * A Telegram on loopback: the Bot API with what the real one refuses, and a person's view of its chats. How it differs from the
 * platform is listed in src/channels/telegram/README.md.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { ZodError } from 'zod'
import { createFaults, refusalOf, type Faults } from './faults.ts'
import { METHODS } from './methods.ts'
import { createPeople, type People } from './people.ts'
import { readParams } from './read-params.ts'
import { Refusal, tooMany } from './refusal.ts'
import { createUpdates, type Updates } from './updates.ts'
import { createWorld, type World } from './world.ts'

export interface Telegram extends AsyncDisposable {
  url: string
  token: string
  world: World
  people: People
  updates: Pick<Updates, 'waiting' | 'pollers' | 'webhook'>
  /** Every call of a known token, in order; `file` is the fetching of one. */
  calls: { method: string; params: Record<string, unknown> }[]
  fail: Faults['add']
  clearFaults: Faults['clear']
  /** An update as it is, whatever it is. */
  pushRaw: Updates['push']
  setTokenValid(isValid: boolean): void
  /** Cuts all connections. */
  dropConnections(): void
  stop(): Promise<void>
}

export interface TelegramOptions {
  /** One message a second in a chat, as on the platform. */
  isPaced?: boolean
}

const TOKEN = '111:AAfake-token-of-a-fake-bot'
/** What changes or makes a message. */
export const WRITES = ['sendMessage', 'sendDocument', 'editMessageText']

export async function startTelegram({ isPaced = false }: TelegramOptions = {}): Promise<Telegram> {
  const world = createWorld()
  const updates = createUpdates()
  const faults = createFaults()
  const calls: Telegram['calls'] = []
  const sockets = new Set<Socket>()
  const lastSent = new Map<string, number>()
  let isValid = true

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const params = await readParams(request)
    const [, fileToken, path] = /^\/file\/bot([^/]+)\/(.+)/.exec(request.url ?? '') ?? []
    const [, token = fileToken, method = 'file'] = /^\/bot([^/]+)\/(\w+)/.exec(request.url ?? '') ?? []
    if (token === undefined) throw new Refusal(404, 'Not Found')
    if (token !== TOKEN || !isValid) throw new Refusal(401, 'Unauthorized')
    const work = METHODS[method]
    if (!work && path === undefined) throw new Refusal(404, 'Not Found: method not found')
    calls.push({ method, params })
    const fault = faults.take(method)
    if (fault?.kind === 'drop-before') return request.socket.destroy()
    if (fault?.kind === 'bad-gateway') return response.writeHead(502).end('<html><h1>502 Bad Gateway</h1></html>')
    const refusal = fault && refusalOf(fault)
    if (refusal) throw refusal
    if (!work) return giveFile(path ?? '', response)
    if (isPaced) pace(method, params)
    const result = await work(params, world, updates, gone.signal)
    if (fault?.kind === 'drop-after') return request.socket.destroy()
    if (fault?.kind === 'silence') return
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ok: true, result }))
  }

  function giveFile(path: string, response: ServerResponse) {
    const content = world.paths.get(decodeURIComponent(path))
    if (!content) throw new Refusal(404, 'Not Found')
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(content)
  }

  function pace(method: string, params: Record<string, unknown>) {
    if (!WRITES.includes(method) || method === 'editMessageText') return
    const chat = String(params.chat_id)
    if (Date.now() - (lastSent.get(chat) ?? 0) < 1000) throw tooMany(1)
    lastSent.set(chat, Date.now())
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const { code, message, parameters } = refusalFor(error)
      response.writeHead(code, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ok: false, error_code: code, description: message, parameters }))
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const dropConnections = () => {
    for (const socket of sockets) socket.destroy()
  }
  async function stop() {
    await updates.stop()
    server.close()
    dropConnections()
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: TOKEN,
    world,
    people: createPeople(world, updates),
    updates,
    calls,
    fail: faults.add,
    clearFaults: faults.clear,
    pushRaw: updates.push,
    setTokenValid(next) {
      isValid = next
    },
    dropConnections,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof ZodError) return new Refusal(400, `Bad Request: ${error.issues[0]?.message ?? 'parameters'}`)
  return new Refusal(500, `Internal Server Error: ${String(error)}`)
}
