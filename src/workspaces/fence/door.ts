import { once } from 'node:events'
import { chmod, chown, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { SandboxSpec } from '../workspace.ts'
import type { Link } from './forwarder.ts'
import { freshSocketPath } from './socket-path.ts'

const PORT = 3129
/** An agent thinks longer than Node's five seconds between two calls; a connection closed meanwhile looks like a fault to some. */
const KEEP_ALIVE_MS = 10 * 60_000

export interface Door {
  /** As programs inside see it; undefined where the sandbox has no door. */
  url: string | undefined
  links: readonly Link[]
  stop: () => Promise<void>
}

/** The door of a fenced sandbox: a unix socket that only its user may open. `uid`: that user, when we are root. */
export async function openDoor(
  stateDir: string,
  { door, slot }: Pick<SandboxSpec, 'door' | 'slot'>,
  uid: number | undefined,
): Promise<Door> {
  if (!door) return { url: undefined, links: [], stop: async () => {} }
  const socketPath = await freshSocketPath(join(stateDir, 'door'), slot)
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, door).listen(socketPath)
  await once(server, 'listening')
  await chmod(socketPath, 0o600)
  if (uid !== undefined) await chown(socketPath, uid, uid)
  return {
    url: `http://127.0.0.1:${PORT}`,
    links: [{ port: PORT, socketPath }],
    async stop() {
      await end(server)
      await rm(socketPath, { force: true })
    },
  }
}

/** Without a fence everybody on this machine can knock: what answers must ask for the run's token. */
export async function openLoopbackDoor(listener: RequestListener): Promise<Pick<Door, 'url' | 'stop'>> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => end(server) }
}

async function end(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
}
