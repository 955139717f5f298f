/**
 * Who holds the server and who stops it. Each process that uses it holds one end of a named pipe open; a shell, the keeper,
 * reads at the other end. When the last holder is gone, whatever ended it, the keeper reads the end and stops the server.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { access, chown, lstat, open, readFile, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { codeOf, messageOf } from '../lib/errors.ts'
import type { Binaries } from './embedded-binaries.ts'
import { SERVER_ENV } from './embedded-cluster.ts'
import { folderError } from './embedded-errors.ts'
import type { UnixUser } from './unprivileged-user.ts'

const run = promisify(execFile)
export const PORT = 5432

export interface ServerOptions {
  /** Created if it is not there; nobody else may look into it. */
  folder: string
  /** Off only where losing the data is fine (tests): no fsync, so a start takes a third of the time. */
  durable?: boolean
  settings?: Readonly<Record<string, string>>
}

/** Where keepers listen and holders hold. */
export async function makeFifo(fifo: string, user: UnixUser | undefined) {
  await run('mkfifo', ['-m', '600', fifo]).catch(async (cause: unknown) => {
    // Another start may have made it in this instant.
    await access(fifo).catch(() => {
      throw folderError(fifo, cause)
    })
  })
  if (!(await lstat(fifo)).isFIFO()) throw folderError(fifo, new Error('EEXIST: it is no named pipe'))
  if (user) await chown(fifo, user.uid, user.gid)
}

/** `output` is what it wrote into its log since this start. */
export interface StartedServer {
  ended: boolean
  output: string
}

/**
 * A shell watches over the server: its `read` on the fifo ends when the last holder has closed it, and a holder closes by
 * dying. `trap` keeps a Ctrl-C in the terminal from reaching the server before we have finished with it. The server inherits
 * that until it has handlers of its own: an INT that comes so early is lost, so it is sent until the server is gone.
 */
const KEEPER = `trap '' INT HUP TERM
fifo=$1; shift
"$@" & server=$!
( trap - TERM; read -r line < "$fifo"; while kill -INT $server 2>/dev/null; do sleep 0.2; done ) & watcher=$!
wait $server
kill $watcher 2>/dev/null`

export async function startServer(
  binaries: Binaries,
  {
    data,
    fifo,
    socketFolder,
    user,
    options,
  }: { data: string; fifo: string; socketFolder: string; user: UnixUser | undefined; options: ServerOptions },
): Promise<StartedServer> {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    // Whoever can connect is let in, as superuser, too: so nobody else can, even where the folder was open before.
    unix_socket_permissions: '0700',
    // Queue tables live from a quick vacuum: dead entries at the head of an index are walked by every claim.
    autovacuum_naptime: '5s',
    max_connections: '200',
    log_min_messages: 'warning',
    ...(options.durable === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = join(options.folder, 'log')
  const logged = await stat(log).then(
    (found) => found.size,
    () => 0,
  )
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
  return watch(child, log, logged)
}

function watch(child: ChildProcess, log: string, logged: number): StartedServer {
  const server: StartedServer = { ended: false, output: '' }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (server.output = (server.output + text).slice(-4_000)))
  child.once('error', (error) => Object.assign(server, { ended: true, output: messageOf(error) }))
  child.once('exit', () => {
    void readFile(log).then(
      (text) => Object.assign(server, { ended: true, output: text.subarray(logged).toString().slice(-4_000) }),
      () => (server.ended = true),
    )
  })
  child.unref()
  return server
}

/** A server whose keeper was killed goes on without one: give it a new one, so that it ends with us. */
export async function adopt(fifo: string, pid: number, user: UnixUser | undefined): Promise<FileHandle | undefined> {
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

/** The file open is the hold: it ends with us, whatever ends us. Undefined when no keeper reads the other end (ENXIO). */
export async function holdOpen(fifo: string): Promise<FileHandle | undefined> {
  try {
    return await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === 'ENXIO') return undefined
    throw error
  }
}
