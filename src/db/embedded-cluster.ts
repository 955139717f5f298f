import { execFile } from 'node:child_process'
import { chown, mkdtemp, open, readFile, readlink, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { UserError, codeOf } from '../lib/errors.ts'
import { MAJOR_VERSION, type Binaries } from './embedded-binaries.ts'
import { folderError } from './embedded-errors.ts'
import type { UnixUser } from './unprivileged-user.ts'

const run = promisify(execFile)

/** All that PostgreSQL's programs see of our environment. */
export const SERVER_ENV = { LC_ALL: 'C', PGTZ: 'UTC', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin' }

/** Made aside and renamed, so that a crash in the middle leaves no half of a cluster, and of two starts one wins. */
export async function createCluster(binaries: Binaries, data: string, user: UnixUser | undefined, durable: boolean) {
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version !== undefined) {
    if (version.trim() === MAJOR_VERSION) return
    throw new UserError(
      'data-version',
      `${data} was made by PostgreSQL ${version.trim()}, this Drover brings ${MAJOR_VERSION}. Move the folder away, or point DATABASE_URL at a server of that version.`,
    )
  }
  const aside = await mkdtemp(`${data}.new-`)
  try {
    if (user) await chown(aside, user.uid, user.gid)
    const flags = [
      '-U',
      'postgres',
      '--auth-local=trust',
      '--auth-host=reject',
      '--encoding=UTF8',
      '--locale=C',
      '--data-checksums',
    ]
    await run(binaries.initdb, ['-D', aside, ...flags, ...(durable ? [] : ['--no-sync'])], {
      ...user,
      cwd: '/',
      env: SERVER_ENV,
    })
    await rename(aside, data).catch((cause: unknown) => {
      if (codeOf(cause) !== 'ENOTEMPTY' && codeOf(cause) !== 'EEXIST') throw cause
    })
  } catch (cause) {
    throw folderError(data, cause)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** The pid in `postmaster.pid` if the server of this folder lives under it. */
export async function runningPid(data: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(lockFile(data), 'utf8').catch(() => ''), 10)
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined
  // After kill -9, and all the more in the next container, the pid may belong to another program. A server stands in its folder.
  const directory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  return directory === undefined || directory === (await realpath(data)) ? pid : undefined
}

/**
 * Where the pid of a server that died belongs to another program now, PostgreSQL would refuse to start beside it: makes it a
 * pid that nobody has. The rest of the file stays, for it names the memory by which PostgreSQL notices processes that outlived
 * their server. Written through the file that was read: one that a new server has put in its place is never touched.
 */
export async function forgetForeignPid(data: string): Promise<void> {
  const file = await open(lockFile(data), 'r+').catch(() => undefined)
  if (!file) return
  try {
    const text = await file.readFile('utf8')
    const pid = Number.parseInt(text, 10)
    if (!(pid > 0 && isAlive(pid)) || (await runningPid(data)) !== undefined) return
    await file.write(text.replace(/^\d+/, String(NOBODYS_PID)), 0)
  } finally {
    await file.close()
  }
}

const NOBODYS_PID = 2 ** 31 - 1
const lockFile = (data: string) => join(data, 'postmaster.pid')

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
