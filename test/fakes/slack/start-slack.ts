/**
 * Slack as an app sees it: the Web API of an emulator that others wrote (`emulate`), and in front of it what that lacks: Socket Mode,
 * slash commands, buttons, limits, refusals and broken connections. What differs from the platform: `src/channels/slack/README.md`.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { BOT_SCOPES } from '../../../src/channels/slack/manifest.ts'
import { createFaults, type Faults } from './faults.ts'
import { createDeliveries, type Deliveries, type DeliveryRules } from './deliveries.ts'
import { postTo } from './request-url.ts'
import { createSocketMode, type SocketMode, type SocketRules } from './socket-mode.ts'
import { openWorkspace, type FakeWorkspace } from './workspace.ts'

export interface FakeSlack {
  /** As SLACK_API_URL takes it. */
  apiUrl: string
  appToken: string
  /** The workspace of SLACK_BOT_TOKEN. */
  home: FakeWorkspace
  /** Another one that installs the app. */
  addWorkspace(): Promise<FakeWorkspace>
  sockets: SocketMode
  deliveries: Deliveries
  faults: Faults
  /** Methods that the app has called, in order; `file` is the fetching of one. */
  calls: string[]
  /** May be changed at any time. */
  rules: FakeRules
  setTokensValid(areValid: boolean): void
  /** Cuts every connection of the app: sockets, and calls that wait for an answer. */
  dropConnections(): void
  stop(): Promise<void>
}

interface FakeRules extends SocketRules, DeliveryRules {
  knowsMarkdown: boolean
  /** In one channel. The platform says one; off unless asked for, so that tests do not wait. */
  secondsBetweenMessages: number
  /** Else a mention only names its files in its blocks. */
  mentionsHaveFiles: boolean
  /** What Slack says that the bot tokens may do. */
  scopes: string[]
  /** What the app-level token gets instead of a connection: `socket_mode_disabled`. */
  refuseSockets?: string
  /** Where deliveries go instead of Socket Mode. */
  requestUrl?: { url: string; secret: string }
}

const LOGIN_PAGE = '<!DOCTYPE html><html lang="en-US"><head><title>Login | Slack</title></head><body></body></html>'
const APP_TOKEN = 'xapp-1-A0DROVER-1-token'

export async function startSlack(): Promise<FakeSlack> {
  const rules: FakeRules = {
    knowsMarkdown: true,
    secondsBetweenMessages: 0,
    mentionsHaveFiles: true,
    scopes: BOT_SCOPES,
    mostConnections: 10,
    tries: 4,
  }
  const faults = createFaults()
  const calls: string[] = []
  const workspaces: FakeWorkspace[] = []
  let areTokensValid = true

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const sockets = createSocketMode(() => host, rules)
  const deliveries = createDeliveries(rules, (envelope, attempt) =>
    rules.requestUrl
      ? postTo(rules.requestUrl.url, rules.requestUrl.secret, envelope, attempt)
      : sockets.offer(envelope, attempt),
  )
  server.on('upgrade', (request, stream) => sockets.upgrade(request, stream))

  const add = async () => {
    const workspace = await openWorkspace({
      team: `T00000000${workspaces.length + 1}`,
      rules,
      deliver: deliveries.deliver,
      origin: () => `http://${host}`,
    })
    workspaces.push(workspace)
    return workspace
  }

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const path = new URL(request.url ?? '/', 'http://slack').pathname
    const body = await buffer(request)
    if (path.startsWith('/upload/')) {
      const results = await Promise.all(workspaces.map((workspace) => workspace.upload(path, body)))
      return void response.writeHead(results.includes(200) ? 200 : (results[0] ?? 404)).end('OK')
    }
    const method = path.startsWith('/files-pri/') ? 'file' : path.replace(/^\/api\//, '')
    calls.push(method)
    const fault = faults.take(method)
    if (fault?.kind === 'drop-before') return void request.socket.destroy()
    if (fault?.kind === 'server-error') return void response.writeHead(fault.status).end('<html>upstream</html>')
    if (fault?.kind === 'rate') return answer(response, { ok: false, error: 'ratelimited', retryAfter: fault.seconds })
    if (fault?.kind === 'refusal') return answer(response, { ok: false, ...fault, kind: undefined })
    if (method === 'file') return giveFile(path, request, response)
    const result = await resultOf(method, request, Object.fromEntries(new URLSearchParams(body.toString())))
    if (fault?.kind === 'drop-after') return void request.socket.destroy()
    answer(response, result, { 'x-oauth-scopes': rules.scopes.join(',') })
  }

  /** To whom Slack gives no file, it shows where to log in: an unknown token is sent there, one without the scope sees it at once. */
  async function giveFile(path: string, request: IncomingMessage, response: ServerResponse) {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    const workspace = workspaces.find(({ botToken }) => botToken === token)
    if (!workspace || !areTokensValid)
      return void response.writeHead(302, { location: `https://slack.com/?redir=${encodeURIComponent(path)}` }).end()
    if (!rules.scopes.includes('files:read'))
      return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(LOGIN_PAGE)
    const { status, mediaType, content } = await workspace.files.read(path, token)
    response.writeHead(status, { 'content-type': mediaType }).end(content)
  }

  async function resultOf(method: string, request: IncomingMessage, params: Record<string, string>) {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    if (!areTokensValid) return { ok: false, error: 'invalid_auth' }
    if (method === 'apps.connections.open') {
      if (token !== APP_TOKEN)
        return { ok: false, error: token.startsWith('xapp-') ? 'invalid_auth' : 'not_allowed_token_type' }
      if (rules.refuseSockets !== undefined) return { ok: false, error: rules.refuseSockets }
      return { ok: true, url: sockets.ticket() }
    }
    const workspace = workspaces.find(({ botToken }) => botToken === token)
    return workspace ? workspace.answer(method, token, params) : { ok: false, error: 'invalid_auth' }
  }

  const home = await add()
  return {
    apiUrl: `http://${host}/api/`,
    appToken: APP_TOKEN,
    home,
    addWorkspace: add,
    sockets,
    deliveries,
    faults,
    calls,
    rules,
    setTokensValid: (areValid) => (areTokensValid = areValid),
    dropConnections() {
      sockets.drop()
      server.closeAllConnections()
    },
    async stop() {
      deliveries.stop()
      sockets.drop()
      server.close()
      server.closeAllConnections()
      await Promise.all(workspaces.map((workspace) => workspace.stop()))
    },
  }
}

/** Slack answers 200 to all but what is too fast. */
function answer(response: ServerResponse, { retryAfter, ...result }: Record<string, unknown>, extra = {}) {
  const headers = {
    'content-type': 'application/json',
    ...extra,
    ...(typeof retryAfter === 'number' && { 'retry-after': String(retryAfter) }),
  }
  response.writeHead(retryAfter === undefined ? 200 : 429, headers).end(JSON.stringify(result))
}
