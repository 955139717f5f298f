import { chown } from 'node:fs/promises'
import { join } from 'node:path'
import type { SandboxSpec } from '../workspace.ts'
import { startEgress, type EgressEvent } from './egress.ts'
import type { Link } from './forwarder.ts'
import { freshSocketPath } from './socket-path.ts'

export interface EgressSettings {
  stateDir: string
  privateHosts: readonly string[]
  onEgress: (event: EgressEvent) => void
}

/** A sandbox's way to its egress proxy, and what its programs are told of it. */
export interface EgressLink {
  links: readonly Link[]
  env: Readonly<Record<string, string>>
  stop: () => Promise<void>
}

const PORT = 3128
const PROXY = `http://127.0.0.1:${PORT}`

/** Programs disagree on the spelling; Node 24 listens to it only when told. */
const ENV = {
  HTTPS_PROXY: PROXY,
  https_proxy: PROXY,
  HTTP_PROXY: PROXY,
  http_proxy: PROXY,
  NO_PROXY: 'localhost,127.0.0.1,::1',
  no_proxy: 'localhost,127.0.0.1,::1',
  NODE_USE_ENV_PROXY: '1',
}

/** Starts the proxy of one sandbox, or nothing when its allow-list is empty. `uid`: who may connect, when we are root. */
export async function openEgress(
  settings: EgressSettings,
  { network, runId, slot }: SandboxSpec,
  uid: number | undefined,
): Promise<EgressLink> {
  if (network.length === 0) return { links: [], env: {}, stop: async () => {} }
  const socketPath = await freshSocketPath(join(settings.stateDir, 'egress'), slot)
  const proxy = await startEgress({
    socketPath,
    runId,
    allowed: network,
    privateHosts: settings.privateHosts,
    onEvent: settings.onEgress,
  })
  if (uid !== undefined) await chown(socketPath, uid, uid)
  return {
    links: [{ port: PORT, socketPath }],
    env: ENV,
    stop: proxy.stop,
  }
}
