import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SandboxSpec } from '../workspace.ts'
import { startEgress, type EgressEvent } from './egress.ts'
import type { Bind } from './policy.ts'

export interface EgressSettings {
  stateDir: string
  privateHosts: readonly string[]
  onEgress: (event: EgressEvent) => void
}

/** A sandbox's way to its egress proxy: what is bound in, what runs beside the program, what the program is told. */
export interface EgressLink {
  binds: readonly Bind[]
  forwarder: readonly string[]
  env: Readonly<Record<string, string>>
  stop: () => Promise<void>
}

const PORT = 3128
const FORWARD = fileURLToPath(new URL('forward.mjs', import.meta.url))
const INNER = { node: '/run/node', forward: '/run/forward.mjs', socket: '/run/egress.sock' }
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
  if (network.length === 0) return { binds: [], forwarder: [], env: {}, stop: async () => {} }
  const folder = join(settings.stateDir, 'egress')
  await mkdir(folder, { recursive: true })
  const socketPath = join(folder, `${slot}.sock`)
  const proxy = await startEgress({
    socketPath,
    runId,
    allowed: network,
    privateHosts: settings.privateHosts,
    onEvent: settings.onEgress,
  })
  if (uid !== undefined) await chown(socketPath, uid, uid)
  return {
    binds: [
      { from: process.execPath, to: INNER.node },
      { from: FORWARD, to: INNER.forward },
      { from: socketPath, to: INNER.socket },
    ],
    forwarder: [INNER.node, INNER.forward, INNER.socket, String(PORT)],
    env: ENV,
    stop: proxy.stop,
  }
}
