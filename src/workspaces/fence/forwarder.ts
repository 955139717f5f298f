import { fileURLToPath } from 'node:url'
import type { Bind } from './policy.ts'

/** A port of the sandbox's loopback that leads to a unix socket of Drover's. */
export interface Link {
  port: number
  socketPath: string
}

const FORWARD = fileURLToPath(new URL('forward.mjs', import.meta.url))
const INNER = { node: '/run/node', forward: '/run/forward.mjs' }
const innerSocket = ({ port }: Link) => `/run/${port}.sock`

/** What must be seen inside for these links. */
export function linkBinds(links: readonly Link[]): Bind[] {
  if (links.length === 0) return []
  return [
    { from: process.execPath, to: INNER.node },
    { from: FORWARD, to: INNER.forward },
    ...links.map((link) => ({ from: link.socketPath, to: innerSocket(link) })),
  ]
}

/** What runs inside before the program, and starts it; nothing where there are no links. */
export function forwarder(links: readonly Link[]): string[] {
  if (links.length === 0) return []
  return [INNER.node, INNER.forward, ...links.flatMap((link) => [String(link.port), innerSocket(link)]), '--']
}
