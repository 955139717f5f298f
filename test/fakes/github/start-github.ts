/**
 * GitHub as an app sees it: an emulator that others wrote (`emulate`), which signs and posts real webhooks, and in front of it what
 * that lacks: what came of deliveries, and delivering again; limits, refusals and broken connections. What differs from the
 * platform: `src/channels/github/README.md`.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createEmulator } from 'emulate'
import { freePort } from '../../free-port.ts'
import { serveGit, tokenOf } from '../git-http-server.ts'
import { createDeliveries, type Deliveries, type HookTarget } from './deliveries.ts'
import { createFaults, type Faults } from './faults.ts'
import { createGists, type Gists } from './gists.ts'
import { createPeople, type People } from './people.ts'

export interface FakeGitHub {
  /** As GITHUB_API_URL takes it. */
  url: string
  repository: string
  /** Of `drover-bot`, who is an admin of the repository. */
  botToken: string
  appId: string
  appKey: string
  people: People
  deliveries: Deliveries
  gists: Gists
  faults: Faults
  /** What was asked, in order: `GET /user`. */
  calls: string[]
  /** Repositories that our accounts cannot see any more. */
  closed: Set<string>
  /** Where the repository's hook posts, with this secret. */
  addHook(url: string, secret: string): Promise<void>
  /** Where the App's hook posts, with `APP_SECRET`. */
  setAppHook(url: string): void
  setTokenValid(isValid: boolean): void
  /** Cuts every connection of the app. */
  dropConnections(): void
  stop(): Promise<void>
}

export const APP_SECRET = 'secret of the App'
const REPOSITORY = 'ada/hello'
const APP_ID = 4242
const TOKENS = { ada: 'ghp_ada', eve: 'ghp_eve', 'drover-bot': 'ghp_bot', 'other[bot]': 'ghp_other' }
const LONGEST_COMMENT = 65_536

/** `repositories`: a folder with `ada/hello.git`, to be cloned from and pushed to. */
export async function startGitHub({ repositories }: { repositories?: string } = {}): Promise<FakeGitHub> {
  const faults = createFaults()
  const deliveries = createDeliveries()
  const gists = createGists()
  const calls: string[] = []
  const closed = new Set<string>()
  const targets = new Map<string, HookTarget>()
  let isTokenValid = true

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  // It shows our address as its own, so its own must be known.
  const port = await freePort()
  const behind = `http://127.0.0.1:${port}`
  const emulator = await createEmulator({ service: 'github', port, seed: seedOf(url), baseUrl: url })
  const people = createPeople({ url, repository: REPOSITORY, tokens: TOKENS })

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? '/', url)
    const cloned = /^\/([^/]+\/[^/]+)\.git\//.exec(pathname)?.[1]
    if (cloned !== undefined && repositories !== undefined) {
      if (await maySee(cloned, tokenOf(request))) return serveGit(repositories, request, response)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end()
    }
    const body = new Uint8Array(await buffer(request))
    const hook = /^\/posted\/(\w+)$/.exec(pathname)?.[1]
    if (hook !== undefined) {
      // The emulator waits for an answer; GitHub does not let that hold up anything.
      response.end()
      const target = targets.get(hook)
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => /^(x-|content-type)/.test(name)),
      )
      if (target) await deliveries.deliver(target, { headers: headers as Record<string, string>, body })
      return
    }

    const call = `${request.method} ${pathname}`
    const isPerson = /ghp_(ada|eve|other)/.test(request.headers.authorization ?? '')
    const pass = () => passOn(request, body)
    if (isPerson) return send(response, await pass())
    calls.push(call)
    const fault = faults.take(call)
    if (fault?.kind === 'drop-before') return void request.socket.destroy()
    if (fault?.kind === 'server-error') return void response.writeHead(502).end('<html>upstream</html>')
    if (fault?.kind === 'rate')
      return refuse(response, 403, 'You have exceeded a secondary rate limit.', {
        'retry-after': String(fault.seconds),
      })
    if (fault?.kind === 'spent')
      return refuse(response, 403, 'API rate limit exceeded.', {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + fault.seconds),
      })
    if (fault?.kind === 'refusal') return refuse(response, fault.status, fault.message)
    if (!isTokenValid) return refuse(response, 401, 'Bad credentials')
    const gist = /^\/gists\/([^/]+)$/.exec(pathname)?.[1]
    if (gist !== undefined) return answer(response, gists.get(gist, request.headers.authorization))
    const account = /^\/users?\/([^/]+)$/.exec(pathname)?.[1]
    if (account !== undefined) return answer(response, await findAccount(account))
    const room = /^\/repos\/([^/]+\/[^/]+)/.exec(pathname)?.[1] ?? ''
    if (closed.has(room)) return refuse(response, 404, 'Not Found')
    if (await serveDeliveries(request, response)) return
    const tooLong = /\/comments/.test(pathname) && body.length > 0 && isTooLong(body)
    if (tooLong) return refuse(response, 422, 'Validation Failed: body is too long (maximum is 65536 characters)')
    const answered = await pass()
    if (fault?.kind === 'drop-after') return void request.socket.destroy()
    await send(response, answered, (json) => mended(pathname, searchParams, json))
  }

  async function maySee(repository: string, token: string): Promise<boolean> {
    const { ok } = await fetch(`${behind}/repos/${repository}`, { headers: { authorization: `Bearer ${token}` } })
    return token !== '' && ok
  }

  const passOn = ({ method = 'GET', url: path = '/', headers }: IncomingMessage, body: Uint8Array<ArrayBuffer>) =>
    fetch(`${behind}${path}`, {
      method,
      headers: Object.fromEntries(
        Object.entries(headers).filter(([name]) => /^(authorization|accept|content-type)$/.test(name)),
      ) as Record<string, string>,
      ...(body.length > 0 && { body }),
    })

  /** By its id, or by its name however that is written: the emulator takes it as it is. */
  async function findAccount(which: string) {
    for (const login of Object.keys(TOKENS)) {
      const found = await fetch(`${behind}/users/${login}`)
      const body = (await found.json()) as { id: number }
      if (found.ok && [String(body.id), login].includes(which.toLowerCase())) return { status: 200, body }
    }
    return { status: 404, body: { message: 'Not Found' } }
  }

  /** Only for whoever may see the hook. */
  async function serveDeliveries(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url)
    const [, path, id] = /^(.*\/hooks?(?:\/\d+)?)\/deliveries(?:\/(\d+)\/attempts)?$/.exec(pathname) ?? []
    if (path === undefined) return false
    const door = path === '/app/hook' ? '/app' : path
    const { authorization = '' } = request.headers
    const { status } = await fetch(`${behind}${door}`, { headers: { authorization } })
    if (status !== 200) refuse(response, status, 'Not Found')
    else if (id !== undefined) {
      if (deliveries.attempt(path, Number(id))) response.writeHead(202).end('{}')
      else refuse(response, 404, 'Not Found')
    } else {
      const { page, next } = deliveries.list(
        path,
        searchParams.get('cursor'),
        Number(searchParams.get('per_page') ?? 30),
      )
      const link = next && `<${url}${path}/deliveries?per_page=${page.length}&cursor=${next}>; rel="next"`
      response.writeHead(200, { 'content-type': 'application/json', ...(link && { link }) }).end(JSON.stringify(page))
    }
    return true
  }

  await people.open()
  return {
    url,
    repository: REPOSITORY,
    botToken: TOKENS['drover-bot'],
    appId: String(APP_ID),
    appKey: emulator.generatedSecrets.find(({ kind }) => kind === 'github.app_private_key')!.value,
    people,
    deliveries,
    gists,
    faults,
    calls,
    closed,
    async addHook(target, secret) {
      const name = `hook${targets.size}`
      const id = await people.addHook(`${url}/posted/${name}`, secret)
      targets.set(name, { path: `/repos/${REPOSITORY}/hooks/${id}`, id, type: 'repository', url: target })
    },
    setAppHook(target) {
      targets.set('app', { path: '/app/hook', id: 99, type: 'integration', url: target })
    },
    setTokenValid: (isValid) => (isTokenValid = isValid),
    dropConnections: () => server.closeAllConnections(),
    async stop() {
      await deliveries.settled()
      await emulator.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

const seedOf = (url: string) => ({
  tokens: Object.fromEntries(Object.entries(TOKENS).map(([login, token]) => [token, { login, scopes: ['repo'] }])),
  github: {
    users: Object.keys(TOKENS).map((login) => ({ login })),
    repos: [{ owner: 'ada', name: 'hello', auto_init: true }],
    apps: [
      {
        app_id: APP_ID,
        slug: 'drover',
        name: 'Drover',
        permissions: { issues: 'write', pull_requests: 'write', metadata: 'read', contents: 'write' },
        events: ['issues', 'issue_comment', 'pull_request', 'pull_request_review', 'pull_request_review_comment'],
        webhook_url: `${url}/posted/app`,
        webhook_secret: APP_SECRET,
        installations: [{ installation_id: 77, account: 'ada', repository_selection: 'all' as const }],
      },
    ],
  },
})

function isTooLong(body: Uint8Array): boolean {
  const { body: text } = JSON.parse(new TextDecoder().decode(body)) as { body?: string }
  return text !== undefined && text.length > LONGEST_COMMENT
}

/** The emulator knows no `since`, calls `write` `push`, and says 404 of those who are no members. */
function mended(pathname: string, query: URLSearchParams, json: unknown): unknown {
  const since = query.get('since')
  if (Array.isArray(json) && since !== null)
    return json.filter((one: { updated_at?: string }) => (one.updated_at ?? '') >= since)
  if (pathname.endsWith('/permission')) {
    const { permission, ...rest } = json as { permission?: string }
    if (permission === undefined) return { permission: 'read', role_name: 'read' }
    return { ...rest, permission: permission === 'push' ? 'write' : permission }
  }
  return json
}

const answer = (response: ServerResponse, { status, body }: { status: number; body: unknown }) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

function refuse(response: ServerResponse, status: number, message: string, headers: Record<string, string> = {}) {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ message, documentation_url: 'https://docs.github.com/rest' }))
}

async function send(response: ServerResponse, answer: Response, mend: (json: unknown) => unknown = (json) => json) {
  const text = await answer.text()
  const link = answer.headers.get('link')
  const isPermission = new URL(answer.url).pathname.endsWith('/permission')
  response.writeHead(isPermission && answer.status === 404 ? 200 : answer.status, {
    'content-type': 'application/json',
    ...(link !== null && { link }),
  })
  response.end(text === '' ? '' : JSON.stringify(mend(JSON.parse(text))))
}
