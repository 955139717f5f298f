import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hardenedEnv } from '../../src/workspaces/git/hardened-env.ts'

export interface GitHttpServer {
  /** A repository `name.git` below the root is served as `<url>/name.git`. */
  url: string
  requests: { method: string; path: string; hasToken: boolean }[]
  stop(): Promise<void>
}

export interface GitHttpOptions {
  /** Folder with bare repositories. */
  root: string
  /** Taken as basic password or bearer; anybody may come in if left out. */
  token?: string
  /** Answers every request with this instead: `{ status: 503 }`, `{ status: 302, location }`. */
  instead?: { status: number; location?: string }
}

/** A real smart-HTTP git server on loopback: node:http in front of `git http-backend` (CGI), with a token check. */
export async function startGitHttpServer(options: GitHttpOptions): Promise<GitHttpServer> {
  const requests: GitHttpServer['requests'] = []
  const server = createServer((request, response) => {
    const hasToken = options.token === undefined || tokenOf(request) === options.token
    requests.push({ method: request.method ?? '', path: request.url ?? '', hasToken })
    if (options.instead) {
      const { status, location } = options.instead
      response.writeHead(status, location === undefined ? {} : { location }).end()
    } else if (hasToken) {
      serveGit(options.root, request, response)
    } else {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What came as basic password or bearer. */
export function tokenOf({ headers: { authorization = '' } }: IncomingMessage): string {
  const [scheme, value = ''] = authorization.split(' ')
  return scheme === 'Basic' ? Buffer.from(value, 'base64').toString().split(':').slice(1).join(':') : value
}

/** One request of smart HTTP, for a repository below `root`. */
export function serveGit(root: string, request: IncomingMessage, response: ServerResponse) {
  const { pathname, search } = new URL(request.url ?? '', 'http://localhost')
  const header = (name: string) => String(request.headers[name] ?? '')
  const cgi = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...hardenedEnv({ 'safe.directory': '*', 'http.receivepack': 'true' }),
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: header('content-length'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_USER: 'drover',
      REMOTE_ADDR: '127.0.0.1',
    },
  })
  request.pipe(cgi.stdin)
  cgi.stdin.on('error', () => {})
  response.on('close', () => cgi.kill())
  void answer(cgi.stdout, response)
}

/** CGI's answer: header lines, an empty line, the body. */
async function answer(output: AsyncIterable<Buffer>, response: ServerResponse) {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of output) {
    if (head === undefined) {
      if (!response.write(chunk)) await once(response, 'drain')
      continue
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) continue
    const pairs = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
    const status = pairs.find(([name]) => name.toLowerCase() === 'status')
    response.writeHead(
      status ? Number.parseInt(status[1], 10) : 200,
      Object.fromEntries(pairs.filter((pair) => pair !== status)),
    )
    response.write(head.subarray(end + 4))
    head = undefined
  }
  response.end()
}
