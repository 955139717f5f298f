/**
 * A real PostgreSQL 18 from npm, on a unix socket below the data folder. One cluster a folder: the first process starts it,
 * others join it, and it stops with the last of them, whatever ends that one (kill -9 included).
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, chown, mkdir, mkdtemp, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { UserError, codeOf, messageOf } from '../lib/errors.ts'
import { closedFolderAbove } from '../lib/reachable.ts'
import { findBinaries, MAJOR_VERSION, type Binaries } from './embedded-binaries.ts'
import { unprivilegedUser, type UnixUser } from './unprivileged-user.ts'

const run = promisify(execFile)
const PORT = 5432
/** A unix socket's path holds 107 bytes; PostgreSQL adds `/.s.PGSQL.5432` to its folder. */
const MAX_SOCKET_FOLDER = 90

export interface EmbeddedOptions {
  /** Created if it is not there; nobody else may look into it. */
  folder: string
  /** Off only where losing the data is fine (tests): no fsync, so a start takes a third of the time. */
  durable?: boolean
  settings?: Readonly<Record<string, string>>
}

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
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
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
  let joined = true
  for (;;) {
    const pid = await runningPid(data)
    if (pid !== undefined && (await accepts(admin))) {
      const holder = (await holdOpen(fifo)) ?? (await adopt(fifo, pid, user))
      // Between the look and the hold the last other holder may have let go: then it is shutting down, and we start anew.
      if (holder && (await accepts(admin))) return { admin, pid, joined, release: () => release(holder, admin, data) }
      await holder?.close()
    } else if (pid === undefined && (child === undefined || child.ended)) {
      if (child?.ended === true) throw startFailure(child, folder)
      const binaries = await findBinaries(user && join(folder, `postgresql-${MAJOR_VERSION}`))
      await createCluster(binaries, data, user, options.durable ?? true)
      child = startServer(binaries, { data, fifo, socketFolder, user, options })
      joined = false
    } else if (child?.ended === true && pid === undefined) {
      throw startFailure(child, folder)
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
  await mkdir(short, { recursive: true, mode: 0o700 })
  if (user) await chown(short, user.uid, user.gid)
  return short
}

async function makeFifo(fifo: string, user: UnixUser | undefined) {
  await run('mkfifo', ['-m', '600', fifo]).catch(async (cause: unknown) => {
    // Another start may have made it in this instant.
    await access(fifo).catch(() => {
      throw folderError(fifo, cause)
    })
  })
  if (user) await chown(fifo, user.uid, user.gid)
}

/**
 * Made aside and renamed, so that a crash in the middle leaves no half of a cluster, and of two starts one wins.
 */
async function createCluster(binaries: Binaries, data: string, user: UnixUser | undefined, durable: boolean) {
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

const SERVER_ENV = { LC_ALL: 'C', PGTZ: 'UTC', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin' }

interface StartedServer {
  ended: boolean
  output: string
}

/**
 * A shell watches over the server: its `read` on the fifo ends when the last holder has closed it, and a holder closes by
 * dying. `trap` keeps a Ctrl-C in the terminal from reaching the server before we have finished with it.
 */
const KEEPER = `trap '' INT HUP TERM
fifo=$1; shift
"$@" & server=$!
( trap - TERM; read -r line < "$fifo"; kill -INT $server ) & watcher=$!
wait $server
kill $watcher 2>/dev/null`

function startServer(
  binaries: Binaries,
  {
    data,
    fifo,
    socketFolder,
    user,
    options,
  }: { data: string; fifo: string; socketFolder: string; user: UnixUser | undefined; options: EmbeddedOptions },
): StartedServer {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    // Queue tables live from a quick vacuum: dead entries at the head of an index are walked by every claim.
    autovacuum_naptime: '5s',
    max_connections: '200',
    log_min_messages: 'warning',
    ...(options.durable === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = join(options.folder, 'log')
  const child = spawn(
    '/bin/sh',
    ['-c', `exec 2>>"$0"\n${KEEPER}`, log, fifo, binaries.postgres, '-D', data, '-p', String(PORT), ...flags],
    {
      ...user,
      cwd: '/',
      env: SERVER_ENV,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    },
  )
  return watch(child, log)
}

function watch(child: ChildProcess, log: string): StartedServer {
  const server: StartedServer = { ended: false, output: '' }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (server.output = (server.output + text).slice(-4_000)))
  child.once('error', (error) => Object.assign(server, { ended: true, output: messageOf(error) }))
  child.once('exit', () => {
    void readFile(log, 'utf8').then(
      (text) => Object.assign(server, { ended: true, output: text.slice(-4_000) }),
      () => (server.ended = true),
    )
  })
  child.unref()
  return server
}

/** A server whose keeper was killed goes on without one: give it a new one, so that it ends with us. */
async function adopt(fifo: string, pid: number, user: UnixUser | undefined): Promise<FileHandle | undefined> {
  const script = `trap '' INT HUP TERM; read -r line < "$0"; kill -INT ${pid}`
  spawn('/bin/sh', ['-c', script, fifo], {
    ...user,
    cwd: '/',
    env: SERVER_ENV,
    stdio: 'ignore',
    detached: true,
  }).unref()
  for (let tries = 0; tries < 100; tries++) {
    const holder = await holdOpen(fifo)
    if (holder) return holder
    await sleep(10)
  }
  return undefined
}

/** Undefined when no keeper reads the other end (ENXIO). */
async function holdOpen(fifo: string): Promise<FileHandle | undefined> {
  try {
    return await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === 'ENXIO') return undefined
    throw error
  }
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

/** The pid in `postmaster.pid` if such a process lives. */
async function runningPid(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return codeOf(error) === 'EPERM' ? pid : undefined
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

function startFailure(child: StartedServer, folder: string): UserError {
  return folderError(folder, new Error(child.output.trim() || 'it ended without a word'))
}

function folderError(folder: string, cause: unknown): UserError {
  if (cause instanceof UserError) return cause
  const output = `${messageOf(cause)}\n${cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : ''}`
  if (/No space left on device|ENOSPC/i.test(output)) {
    return new UserError(
      'disk-full',
      `The disk that holds ${folder} is full. Free some space and start again; nothing is lost.`,
      { cause },
    )
  }
  if (/EACCES|EPERM|EROFS|Permission denied|Read-only file system|could not access directory/i.test(output)) {
    return new UserError(
      'data-folder',
      `Drover cannot use ${folder}: it may not read and write there. Set DROVER_HOME to a folder of its own.`,
      { cause },
    )
  }
  if (/ENOTDIR|EEXIST/.test(output)) {
    return new UserError(
      'data-folder',
      `${folder} is in the way: a folder is needed there. Set DROVER_HOME to another folder.`,
      { cause },
    )
  }
  return new UserError(
    'database-start',
    `PostgreSQL does not start in ${folder}: ${output.trim().split('\n').at(-1)}. Its log is ${join(folder, 'log')}.`,
    { cause },
  )
}
