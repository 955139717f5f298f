import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Fence } from '../workspace.ts'

/** What the tools say when something is closed, and what opens it. */
const REMEDIES: readonly { says: RegExp; remedy: string }[] = [
  {
    says: /setting up uid map: Permission denied/,
    remedy:
      'Ubuntu restricts user namespaces: run "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0", or give bwrap an AppArmor profile.',
  },
  {
    says: /No permissions to creat\w+ (a )?new namespace|unshare failed|clone.*(Operation not permitted|Invalid argument)/i,
    remedy:
      'User namespaces are closed: in a container, allow them by a seccomp profile; elsewhere run "sysctl -w kernel.unprivileged_userns_clone=1".',
  },
  {
    says: /Can't mount proc/,
    remedy: 'The container masks /proc: start it with "--security-opt systempaths=unconfined".',
  },
  {
    says: /No space left on device|creating new namespace failed/i,
    remedy: 'No user namespaces are left: raise "sysctl user.max_user_namespaces".',
  },
  {
    says: /^(unshare|mount|sh):/m,
    remedy:
      'The data folder lies where the sandbox user cannot go (such as /root), and Drover may not mount: set DROVER_HOME to a folder such as /var/lib/drover.',
  },
]

/** Runs a program in the fence, as an agent would run. Undefined when it holds; else one sentence. */
export async function whyNot(fence: Fence, folder: string): Promise<string | undefined> {
  const workspace = join(folder, 'workspace')
  const home = join(folder, 'home')
  for (const path of [workspace, home]) await mkdir(path, { recursive: true })
  const sandbox = await fence.openSandbox({ runId: 'probe', workspace, home, readOnly: [], network: [], slot: 0 })
  try {
    const contained = sandbox.launch({ file: 'true', args: [], env: {} })
    contained.stdin.end()
    contained.stdout.resume()
    const [said, exit] = await Promise.all([text(contained.stderr), contained.exited])
    if (exit.code === 0) return undefined
    const remedy = REMEDIES.find(({ says }) => says.test(said))?.remedy ?? 'Run "drover doctor" for more.'
    return `bubblewrap does not work here (${said.trim().split('\n')[0] ?? ''}). ${remedy}`
  } finally {
    await sandbox.close()
  }
}
