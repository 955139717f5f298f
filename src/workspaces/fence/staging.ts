import { realpath } from 'node:fs/promises'
import { closedFolderAbove } from '../../lib/reachable.ts'

/** Where the binds of a sandbox come from, and what must run before it so that they are there. */
export interface Staging {
  chain: readonly string[]
  from(path: string): string
}

/**
 * Binds the paths ("$1" to "--") to /sys/0, /sys/1, … and goes on with the rest. /sys because it is on every Linux, holds
 * nobody's files, and is no part of the sandbox: in this mount namespace, which nothing else sees, it may be covered.
 */
const BIND_ALL = `set -e
mount -t tmpfs -o mode=0711,size=1m drover /sys
n=0
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "/sys/$n"; else : > "/sys/$n"; fi
  mount --bind -- "$1" "/sys/$n"
  n=$((n + 1)); shift
done
shift; exec "$@"`

/**
 * Root runs each sandbox as a user of its own, and such a user cannot pass through /root (0700) or a fresh temporary
 * folder. Opening those folders to everybody would be wrong; so a private mount namespace brings the paths to where
 * that user can go. One pid all the way (exec), so that --die-with-parent still looks at Drover.
 */
export async function stage(paths: readonly string[], unshare: string): Promise<Staging> {
  const closed = await Promise.all(paths.map(async (path) => closedFolderAbove(await realpath(path))))
  if (closed.every((folder) => folder === undefined)) return { chain: [], from: (path) => path }
  const unique = [...new Set(paths)]
  return {
    chain: [unshare, '--mount', '--propagation', 'private', '--', '/bin/sh', '-c', BIND_ALL, 'sh', ...unique, '--'],
    from: (path) => `/sys/${unique.indexOf(path)}`,
  }
}
