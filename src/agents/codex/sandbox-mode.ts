import { text } from 'node:stream/consumers'
import type { SessionSpec } from '../driver.ts'
import { codexEnvironment, type SandboxMode } from './config.ts'

export const CANNOT_HOLD =
  'Codex’s own sandbox, which alone keeps it from changing files, cannot start inside of Drover’s fence. Give this agent another autonomy, or take another agent for what must only read.'

export const READONLY_SHORTCOMING =
  'Codex keeps to reading by a sandbox of its own, which cannot start inside of Drover’s fence: there it refuses to work.'

export interface SandboxChoice {
  mode: SandboxMode
  /** What people must know of it. */
  notice?: string
}

/**
 * What Codex may do, and who holds it to that. Codex has a sandbox of its own, made of namespaces; inside of Drover's fence,
 * which forbids them, it cannot start, and every command would fail. There the fence holds it: it keeps writes and the
 * network in, but cannot make the workspace read-only, so `readonly` has no mode there. Undefined: Codex cannot be held to it.
 */
export async function chooseSandbox(spec: SessionSpec, command: readonly string[]): Promise<SandboxChoice | undefined> {
  const { autonomy } = spec.profile
  if (autonomy === 'full') return { mode: 'danger-full-access' }
  if (await canSandbox(spec, command)) return { mode: autonomy === 'readonly' ? 'read-only' : 'workspace-write' }
  if (autonomy === 'readonly') return undefined
  const notice = 'Codex’s own sandbox cannot start here: its commands are held by what Drover itself runs in.'
  return { mode: 'danger-full-access', notice }
}

/** What bubblewrap says where it may not make namespaces. Whatever else goes wrong is no reason to go without a sandbox. */
const CANNOT_START = /namespace|uid map/i

export async function canSandbox(spec: SessionSpec, [file = '', ...args]: readonly string[]): Promise<boolean> {
  const probe = spec.launch({
    file,
    args: [...args, 'sandbox', '-c', 'sandbox_mode="read-only"', '--', 'true'],
    env: codexEnvironment(spec),
    cwd: spec.paths.workspace,
  })
  probe.stdin.on('error', () => {})
  probe.stdin.end()
  probe.stdout.resume()
  const [words, { code }] = await Promise.all([text(probe.stderr), probe.exited])
  return code === 0 || !CANNOT_START.test(words)
}
