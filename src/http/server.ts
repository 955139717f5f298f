import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import { UserError, codeOf } from '../lib/errors.ts'
import type { Running } from '../lib/running.ts'
import type { Http } from './http.ts'

const GRACE_MS = 1_000
const SWEEP_MS = 10
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1', '[::1]'])

export interface ServerOptions {
  host: string
  /** 0: any that is free. */
  port: number
  /** Further names that this service is asked by, where it listens on this machine only: those of a proxy before it. */
  allowedHosts?: readonly string[]
}

/** Listens; `UserError('port-in-use')` and its like when it cannot. A stop ends streams, lets the rest finish for a second, and closes. */
export async function startServer(
  http: Pick<Http, 'fetch' | 'close'>,
  options: ServerOptions,
): Promise<Running & { url: string }> {
  const { host, port } = options
  const isAllowed = hostCheck(options)
  const server = createAdaptorServer({
    hostname: host,
    fetch: (request) => (isAllowed(request.headers.get('host')) ? http.fetch(request) : refuseHost(request)),
  }) as Server
  server.listen(port, host.replace(/^\[|\]$/g, ''))
  await once(server, 'listening').catch((error: unknown) => {
    throw listenError(error, options)
  })
  const address = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host

  async function close() {
    const closed = once(server, 'close')
    server.close()
    // A connection whose last answer goes out after the stop would else be kept for a next request until the second is over.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    await http.close()
    await Promise.race([closed, sleep(GRACE_MS)])
    clearInterval(sweep)
    server.closeAllConnections()
    await closed
  }
  let closing: Promise<void> | undefined
  return { url: `http://${name}:${address.port}`, stop: () => (closing ??= close()) }
}

/**
 * A web page that has its own name resolve to 127.0.0.1 would have the browser talk to us (DNS rebinding). It cannot lie in the
 * Host header. Where we listen beyond this machine, any name may be ours, and a key is needed from anywhere.
 */
function hostCheck({ host, allowedHosts = [] }: ServerOptions): (header: string | null) => boolean {
  if (!LOOPBACK.has(host)) return () => true
  const allowed = new Set([...LOOPBACK, host, ...allowedHosts])
  return (header) => header !== null && allowed.has(header.replace(/:\d+$/, '').toLowerCase())
}

function refuseHost(request: Request): Response {
  const body = {
    type: 'urn:drover:problem:host-refused',
    title: 'This address is not known here',
    status: 403,
    detail: `This service is not asked by the name ${request.headers.get('host')}. Set DROVER_PUBLIC_URL to the address that others use for it, or HOST to listen beyond this machine.`,
    code: 'host-refused',
  }
  return Response.json(body, { status: 403, headers: { 'content-type': 'application/problem+json' } })
}

function listenError(error: unknown, { host, port }: ServerOptions): unknown {
  const options = { cause: error }
  const code = codeOf(error)
  if (code === 'EADDRINUSE') {
    return new UserError(
      'port-in-use',
      `Port ${port} is taken by another program. Stop that one, or set PORT to another number; PORT=0 takes any that is free.`,
      options,
    )
  }
  if (code === 'EACCES') {
    return new UserError(
      'port-refused',
      `Port ${port} is closed to this user. Set PORT to a number above 1023.`,
      options,
    )
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new UserError(
      'host-unknown',
      `This machine has no address ${host}. Set HOST to 127.0.0.1, or to 0.0.0.0 for all that it has.`,
      options,
    )
  }
  return error
}
