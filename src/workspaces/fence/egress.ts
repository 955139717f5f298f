import { once } from 'node:events'
import { rm, chmod } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { lookup, type LookupAddress } from 'node:dns'
import { promisify } from 'node:util'
import { connect, type Socket } from 'node:net'
import { UserError } from '../../lib/errors.ts'
import { isPublic } from '../../lib/public-address.ts'
import { isAllowed } from './allow-list.ts'

export interface EgressEvent {
  runId: string
  type: 'allow' | 'deny'
  /** `host:port` as it was asked for. */
  target: string
  why?: string
}

export interface EgressOptions {
  socketPath: string
  runId: string
  allowed: readonly string[]
  /** Allow-listed names that may lead to a private address: a model server in the user's own network. */
  privateHosts: readonly string[]
  onEvent: (event: EgressEvent) => void
}

/** Linux holds a socket's path in 108 bytes. */
const MAX_SOCKET_PATH = 107

/**
 * The only way out of a sandbox: an HTTP proxy on a unix socket that knows CONNECT to allow-listed names, and nothing
 * else. The name is resolved here and that very address is dialled, so that a second answer of the DNS cannot turn it.
 */
export async function startEgress(options: EgressOptions): Promise<{ stop: () => Promise<void> }> {
  const { socketPath } = options
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH)
    throw new UserError(
      'path-too-long',
      `${socketPath} is too long for a unix socket. Set DROVER_HOME to a shorter path.`,
    )
  const open = new Set<Socket>()
  const server = createServer((request, response) => {
    report(options, request.url ?? '', 'only CONNECT is allowed')
    response.writeHead(403, { 'x-proxy-error': 'blocked' }).end('Blocked: only https to allow-listed hosts.\n')
  })
  server.on('connection', (socket: Socket) => {
    open.add(socket.on('error', () => {}).once('close', () => open.delete(socket)))
  })
  server.on('connect', (request, socket, head) => void tunnel(options, request, socket as Socket, head))
  await rm(socketPath, { force: true })
  server.listen(socketPath)
  await once(server, 'listening')
  await chmod(socketPath, 0o600)
  return {
    async stop() {
      for (const socket of open) socket.destroy()
      server.close()
      await rm(socketPath, { force: true })
    },
  }
}

async function tunnel(options: EgressOptions, request: IncomingMessage, inner: Socket, head: Buffer) {
  const target = request.url ?? ''
  const decision = await decide(options, target)
  report(options, target, decision.refusal)
  if (decision.refusal !== undefined) {
    inner.end(`HTTP/1.1 403 Forbidden\r\nx-proxy-error: ${decision.refusal}\r\ncontent-length: 0\r\n\r\n`)
    return
  }
  const { host, port, addresses } = decision
  const outer = connect({
    host,
    port,
    autoSelectFamily: true,
    lookup: (_host, _options, done) => done(null, addresses),
  })
  outer.once('connect', () => {
    inner.write('HTTP/1.1 200 Connection established\r\n\r\n')
    outer.write(head)
    outer.pipe(inner).pipe(outer)
  })
  outer.on('error', () => inner.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'))
  outer.once('close', () => inner.destroy())
  inner.once('close', () => outer.destroy())
}

type Decision = { refusal: string } | { refusal?: undefined; host: string; port: number; addresses: LookupAddress[] }

async function decide({ allowed, privateHosts }: EgressOptions, target: string): Promise<Decision> {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(target) ?? []
  if (!isAllowed(host, Number(port), allowed)) return { refusal: 'not on the allow-list' }
  const found = await promisify(lookup)(host, { all: true }).catch(() => [])
  if (found.length === 0) return { refusal: 'does not resolve' }
  const mayBePrivate = privateHosts.includes(host.toLowerCase())
  const addresses = found.filter(({ address }) => mayBePrivate || isPublic(address))
  return addresses.length > 0 ? { host, port: Number(port), addresses } : { refusal: 'resolves to a private address' }
}

function report({ runId, onEvent }: EgressOptions, target: string, refusal: string | undefined) {
  onEvent(refusal === undefined ? { runId, type: 'allow', target } : { runId, type: 'deny', target, why: refusal })
}
