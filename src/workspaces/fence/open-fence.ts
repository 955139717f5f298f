import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../lib/errors.ts'
import type { Fence } from '../workspace.ts'
import { createBubblewrap } from './bubblewrap.ts'
import type { EgressEvent } from './egress.ts'
import { DEFAULT_LIMITS, type Limits } from './policy.ts'
import { whyNot } from './probe.ts'
import { findPrograms } from './programs.ts'
import { createUnfenced } from './unfenced.ts'

export interface FenceOptions {
  /** `auto`: a fence where one can be had; `required`: a `UserError` otherwise; `off`: none even where one can be had. */
  sandbox: 'auto' | 'off' | 'required'
  /** Small files of the fence's own. */
  stateDir: string
  /** Drover's own PATH: where bubblewrap is looked for, and what programs get that run without a fence. */
  path: string
  /** When Drover is root, slot n runs as unix user `uidBase + n`. */
  uidBase?: number
  limits?: Partial<Limits>
  /** Allow-listed host names that may lead to a private address, such as a model server in the user's own network. */
  privateHosts?: readonly string[]
  /** What sandboxes asked of the network, and what they got. */
  onEgress?: (event: EgressEvent) => void
}

const OPEN = 'Agents run without a fence, with all rights of the user that runs Drover'

/** Finds out what can hold an agent on this machine, by really running a program in it. */
export async function openFence(options: FenceOptions): Promise<Fence> {
  if (options.sandbox === 'off') return createUnfenced(`${OPEN}: DROVER_SANDBOX is off.`, options.path)
  const fence = await tryBubblewrap(options)
  if (typeof fence !== 'string') return fence
  if (options.sandbox === 'required') throw new UserError('no-fence', fence)
  return createUnfenced(`${OPEN}. ${fence}`, options.path)
}

/** The fence, or the sentence that says why there is none and what to do. */
async function tryBubblewrap(options: FenceOptions): Promise<Fence | string> {
  if (process.platform !== 'linux')
    return 'The fence is made of Linux namespaces: run Drover on Linux or in its container.'
  const programs = await findPrograms(options.path)
  if ('missing' in programs) return installHint(programs.missing)
  const settings = {
    programs,
    stateDir: options.stateDir,
    uidBase: options.uidBase ?? 20_000,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    privateHosts: options.privateHosts ?? [],
    onEgress: options.onEgress ?? (() => {}),
  }
  const user = process.getuid?.() === 0 ? 'as a unix user of its own' : "as Drover's own unix user"
  const fence = createBubblewrap(
    settings,
    `Agents run in bubblewrap, each ${user}, and see their workspace, a private home and a read-only system; the network only through the allow-list.`,
  )
  const probeDir = join(options.stateDir, 'probe')
  await mkdir(probeDir, { recursive: true })
  return (await whyNot(fence, probeDir)) ?? fence
}

function installHint(missing: string): string {
  const name = missing === 'bwrap' ? 'bubblewrap' : 'util-linux'
  return `${missing} is not on Drover's PATH: run "apt-get install ${name}" (or "apk add ${name}", "dnf install ${name}") and start Drover again.`
}
