/**
 * A real PostgreSQL 18 from npm, on a unix socket below the data folder. One cluster a folder: the first process starts it,
 * others join it, and it stops with the last of them, whatever ends that one (kill -9 included).
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, chown, lstat, mkdir, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { UserError, codeOf } from '../lib/errors.ts'
import { closedFolderAbove } from '../lib/reachable.ts'
import { findBinaries, MAJOR_VERSION } from './embedded-binaries.ts'
import { createCluster, forgetForeignPid, runningPid } from './embedded-cluster.ts'
import { folderError } from './embedded-errors.ts'
import {
  adopt,
  holdOpen,
  makeFifo,
  PORT,
  startServer,
  type ServerOptions,
  type StartedServer,
} from './embedded-keeper.ts'
import { unprivilegedUser, type UnixUser } from './unprivileged-user.ts'

/** A unix socket's path holds 107 bytes; PostgreSQL adds `/.s.PGSQL.5432` to its folder. */
const MAX_SOCKET_FOLDER = 90
/**
 * Another start was quicker; processes of a server that died are still on their way out; or somebody joined our server and
 * was gone again, the last to hold it, before we held it ourselves. All of it passes: we start anew.
 */
const PASSES =
  /lock file .* (already exists|is empty)|shared memory block .* is still in use|received fast shutdown request/

export interface EmbeddedPostgres {
  /** Superuser access; a database and a login of less power are the caller's to make. */
  readonly admin: pg.ClientConfig
  readonly pid: number
  /** Whether another process had it running already. */
  readonly joined: boolean
  /** Lets go. The server stops when nobody holds it any more; settles once it has, or once it is clear that others do. */
  release(): Promise<void>
}

/** Starts the cluster of this folder, or joins it where it runs. `UserError` when the folder or the disk will not do. */
export async function openEmbedded(options: ServerOptions): Promise<EmbeddedPostgres> {
  const { folder } = options
  const user = await unprivilegedUser()
  await prepareFolder(folder, user)
  const socketFolder = await socketFolderFor(folder, user)
  const admin: pg.ClientConfig = { host: socketFolder, port: PORT, user: 'postgres', database: 'postgres' }
  const data = join(folder, 'data')
  const fifo = join(folder, 'holders')
  await makeFifo(fifo, user)

  const deadline = Date.now() + 60_000
  let child: StartedServer | undefined
  for (;;) {
    const pid = await runningPid(data)
    if (pid !== undefined && (await accepts(admin))) {
      const holder = (await holdOpen(fifo)) ?? (await adopt(fifo, pid, user))
      // Between the look and the hold the last other holder may have let go: then it is shutting down, and we start anew.
      if (holder && (await accepts(admin))) {
        const joined = child === undefined || child.ended
        return { admin, pid, joined, release: () => release(holder, admin, data) }
      }
      await holder?.close()
    } else if (pid === undefined && (child === undefined || child.ended)) {
      if (child && !PASSES.test(child.output)) {
        throw folderError(folder, new Error(child.output.trim() || 'it ended without a word'))
      }
      const binaries = await findBinaries(user && join(folder, `postgresql-${MAJOR_VERSION}`))
      await createCluster(binaries, data, user, options.durable ?? true)
      await forgetForeignPid(data)
      child = await startServer(binaries, { data, fifo, socketFolder, user, options })
    }
    if (Date.now() > deadline) {
      throw new UserError(
        'database-start',
        `PostgreSQL did not start within a minute. Its log is ${join(folder, 'log')}.`,
      )
    }
    await sleep(20)
  }
}

async function prepareFolder(folder: string, user: UnixUser | undefined) {
  try {
    await mkdir(dirname(folder), { recursive: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    if (user) await chown(folder, user.uid, user.gid)
  } catch (cause) {
    throw folderError(folder, cause)
  }
  const closed = user && (await closedFolderAbove(folder))
  if (closed !== undefined) {
    throw new UserError(
      'data-folder',
      `PostgreSQL does not run as root, and its user cannot reach ${folder}: ${closed} is closed to others. ` +
        `Set DROVER_HOME to a folder that is open, such as /var/lib/drover, or run: chmod o+x ${closed}`,
    )
  }
}

/** The data folder itself where its path is short enough, else a folder of its own under the temporary one. */
async function socketFolderFor(folder: string, user: UnixUser | undefined): Promise<string> {
  if (Buffer.byteLength(folder) <= MAX_SOCKET_FOLDER) return folder
  const short = join(tmpdir(), `drover-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`)
  await mkdir(short, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw folderError(short, error)
  })
  // The temporary folder is everybody's: what another user put there under this name is not ours to use, nor to change.
  const found = await lstat(short)
  const owners = [process.getuid?.(), user?.uid]
  if (!found.isDirectory() || !owners.includes(found.uid) || (found.mode & 0o077) !== 0) {
    throw new UserError(
      'data-folder',
      `${folder} has too long a path for a socket, and ${short} belongs to somebody else. Set DROVER_HOME to a folder with a shorter path.`,
    )
  }
  if (user) await chown(short, user.uid, user.gid)
  return short
}

async function release(holder: FileHandle, admin: pg.ClientConfig, data: string) {
  await holder.close()
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 20) {
    if ((await runningPid(data)) === undefined) return
    // A server in shutdown takes no new connection: one that does has other holders.
    if (waitedMs >= 400 && waitedMs % 200 === 0 && (await accepts(admin))) return
    await sleep(20)
  }
}

async function accepts(config: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
