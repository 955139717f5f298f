import { lstat, readlink } from 'node:fs/promises'

/** What one sandbox may use up. Memory has no limit here: only a cgroup can hold it (a container's, or systemd's). */
export interface Limits {
  /** Processes and threads of the slot's user. */
  processes: number
  openFiles: number
  /** The longest single file. */
  fileBytes: number
  /** /tmp and /dev/shm each: they are memory. */
  tmpBytes: number
}

export const DEFAULT_LIMITS: Limits = {
  processes: 1024,
  openFiles: 4096,
  fileBytes: 4 * 1024 ** 3,
  tmpBytes: 512 * 1024 ** 2,
}

/** A path inside, and where it comes from. */
export interface Bind {
  from: string
  to: string
}

export interface Policy {
  /** From `systemBinds`. */
  system: readonly string[]
  writable: readonly Bind[]
  readOnly: readonly Bind[]
  env: Readonly<Record<string, string>>
  cwd: string
  tmpBytes: number
  /** bubblewrap before 0.8 cannot forbid user namespaces inside. */
  forbidsNamespaces: boolean
}

/** The user that programs inside believe to be. The kernel knows them by the slot's uid. */
const INNER_ID = '1000'

/** Of /etc only what programs need to find libraries, certificates and the time. No host names, no accounts, no secrets. */
const ETC = [
  'alternatives',
  'ssl',
  'ca-certificates',
  'pki',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'fonts',
  'protocols',
  'services',
]

/**
 * bubblewrap's arguments. Measured against hostile programs (test/fence-hostile.test.ts): each line is there for one.
 * They go by descriptor, never by argv: /proc/1/cmdline inside would show every host path.
 */
export function bubblewrapArgs(policy: Policy): string[] {
  return [
    ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--unshare-net'],
    ['--die-with-parent', '--new-session', '--hostname', 'agent', '--cap-drop', 'ALL'],
    policy.forbidsNamespaces ? ['--disable-userns'] : [],
    ['--uid', INNER_ID, '--gid', INNER_ID],
    policy.system,
    // bubblewrap leaves /proc/sys writable to kernel uid 0, and core_pattern there is root on the host.
    ['--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys'],
    // /dev and /dev/shm are memory too: one becomes read-only, the other gets a size.
    ['--dev', '/dev', ...sizedTmpfs('/dev/shm', policy.tmpBytes), '--remount-ro', '/dev'],
    [...sizedTmpfs('/tmp', policy.tmpBytes), ...sizedTmpfs('/run', 16 * 1024 ** 2)],
    ['--perms', '0700', '--dir', '/home'],
    policy.readOnly.flatMap(({ from, to }) => ['--ro-bind', from, to]),
    policy.writable.flatMap(({ from, to }) => ['--bind', from, to]),
    ['--clearenv', ...Object.entries(policy.env).flatMap(([name, value]) => ['--setenv', name, value])],
    ['--chdir', policy.cwd, '--remount-ro', '/'],
  ].flat()
}

const sizedTmpfs = (path: string, bytes: number) => ['--size', String(bytes), '--tmpfs', path]

/** /usr, the folders that are links into it on merged systems and folders of their own elsewhere, and a little of /etc. */
export async function systemBinds(): Promise<string[]> {
  const top = await Promise.all(
    ['/bin', '/sbin', '/lib', '/lib64', '/lib32'].map(async (path) => {
      const found = await lstat(path).catch(() => undefined)
      if (!found) return []
      return found.isSymbolicLink() ? ['--symlink', await readlink(path), path] : ['--ro-bind', path, path]
    }),
  )
  const etc = ETC.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`])
  return ['--ro-bind', '/usr', '/usr', ...top.flat(), ...etc]
}
