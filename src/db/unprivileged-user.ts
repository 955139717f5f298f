import { readFile } from 'node:fs/promises'
import { UserError } from '../lib/errors.ts'

export interface UnixUser {
  uid: number
  gid: number
}

/** PostgreSQL refuses to run as root: `postgres` where there is such an account, else `nobody`. Undefined when we are not root. */
export async function unprivilegedUser(): Promise<UnixUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = new Map(
    (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => {
      const [name = '', , uid, gid] = line.split(':')
      return [name, { uid: Number(uid), gid: Number(gid) }] as const
    }),
  )
  const user = accounts.get('postgres') ?? accounts.get('nobody')
  if (!user)
    throw new UserError(
      'no-user',
      'PostgreSQL does not run as root, and there is no account "postgres" or "nobody". Run Drover as another user, or set DATABASE_URL.',
    )
  return user
}
