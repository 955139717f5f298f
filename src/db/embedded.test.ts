import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { closedFolderAbove } from '../lib/reachable.ts'
import { setLimit } from '../tasks/store.ts'
import { openDatabase, type Database } from './connect.ts'
import { openEmbedded } from './embedded.ts'
import { asSystem } from './scope.ts'

const HOLDER = fileURLToPath(new URL('../../test/crash/hold-database.ts', import.meta.url))
const NOBODY = { uid: 65_534, gid: 65_534 }
const root = process.getuid?.() === 0
/** As somebody else we can only run what somebody else can reach: not a checkout in /root. */
const canRunAsNobody =
  root && (await closedFolderAbove(process.execPath)) === undefined && (await closedFolderAbove(HOLDER)) === undefined
/** A disk of a test's own needs a mount namespace, which a container or a chroot may refuse. */
const canMount = root && spawnSync('unshare', ['--mount', 'true']).status === 0
/** Fast and forgetful, where no test pulls the plug. */
const quick = { durable: false }

describe('a folder and its server', () => {
  test('the first start makes the database; a later one finds what was written', async () => {
    const folder = await freshFolder()
    const first = await open(folder)
    await asSystem(first, (db) => setLimit(db, 'agent', 'x', 7))
    await first.close()
    await expect.poll(() => serverPid(folder)).toBeUndefined()
    const later = await open(folder)
    expect(await limits(later)).toEqual([{ scope: 'agent', key: 'x', max_running: 7 }])
  })

  test('whoever opens and closes at once is not left hanging', async () => {
    const folder = await freshFolder()
    for (let n = 0; n < 3; n++) await (await open(folder)).close()
    await expect.poll(() => serverPid(folder)).toBeUndefined()
  })

  test('a second process joins; the first goes, and the second works on; with the second the server goes', async () => {
    const folder = await freshFolder()
    const first = await hold(folder)
    const second = await openEmbedded({ folder, ...quick })
    expect(second.joined).toBe(true)
    first.child.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    expect(await answers(second.admin)).toBe(true)
    await second.release()
    await expect.poll(() => serverPid(folder)).toBeUndefined()
    expect(await answers(second.admin)).toBe(false)
  })

  test('ten that open one fresh folder at once all get the same server', { timeout: 120_000 }, async () => {
    const folder = await freshFolder()
    const all = await Promise.all(Array.from({ length: 10 }, () => openEmbedded({ folder, ...quick })))
    expect(new Set(all.map((one) => one.pid)).size).toBe(1)
    expect((await readdir(folder)).toSorted()).toEqual(
      expect.arrayContaining(['.s.PGSQL.5432', '.s.PGSQL.5432.lock', 'data', 'holders', 'log']),
    )
    expect((await readdir(folder)).filter((name) => name.includes('.new-'))).toEqual([])
    await Promise.all(all.map((one) => one.release()))
    await expect.poll(() => serverPid(folder)).toBeUndefined()
  })

  test('processes that come and go all the time always find a server', { timeout: 120_000 }, async () => {
    const folder = await freshFolder()
    const comeAndGo = async () => {
      for (let n = 0; n < 8; n++) {
        const held = await openEmbedded({ folder, ...quick })
        // Not told to stop by those who have just gone.
        await sleep(Math.random() * 60)
        expect(await answers(held.admin)).toBe(true)
        await held.release()
      }
    }
    await Promise.all([comeAndGo(), comeAndGo(), comeAndGo()])
    await expect.poll(() => serverPid(folder), { timeout: 10_000 }).toBeUndefined()
  })

  test('a path too long for a socket has its socket elsewhere', async () => {
    const folder = join(await freshFolder(), 'x'.repeat(100))
    const held = await openEmbedded({ folder, ...quick })
    expect(await answers(held.admin)).toBe(true)
    const socketFolder = String(held.admin.host)
    expect((await stat(socketFolder)).mode & 0o077).toBe(0)
    await held.release()
    // Somebody else has put a folder of the same name there.
    await chmod(socketFolder, 0o777)
    await expect(openEmbedded({ folder, ...quick })).rejects.toMatchObject({
      code: 'data-folder',
      message: expect.stringContaining('shorter path'),
    })
    await rm(socketFolder, { recursive: true })
  })

  test.runIf(root)(
    'as root, the server runs as somebody else, and nobody else sees its files or can connect',
    async () => {
      const folder = await freshFolder()
      const held = await openEmbedded({ folder, ...quick })
      const status = await readFile(`/proc/${held.pid}/status`, 'utf8')
      const [, uid] = /^Uid:\s+(\d+)/m.exec(status) ?? []
      expect(Number(uid)).toBeGreaterThan(0)
      for (const file of ['data', '.s.PGSQL.5432']) {
        const { uid: owner, mode } = await stat(join(folder, file))
        expect([file, owner, mode & 0o077]).toEqual([file, Number(uid), 0])
      }
      await held.release()
    },
  )
})

describe('what is killed', () => {
  test('the server: the process that holds it starts it again, and works on', async () => {
    const folder = await freshFolder()
    const db = await open(folder)
    await asSystem(db, (db) => setLimit(db, 'agent', 'x', 7))
    const killed = await serverPid(folder)
    process.kill(killed!, 'SIGKILL')
    await expect.poll(() => limits(db).catch(() => 'away'), { timeout: 20_000 }).toHaveLength(1)
    expect(await serverPid(folder)).not.toBe(killed)
    await db.close()
    await expect.poll(() => serverPid(folder)).toBeUndefined()
  })

  test('the process that holds it: the server stops by itself, and all that was acknowledged is there', async () => {
    const folder = await freshFolder()
    const writer = await hold(folder, 'write')
    while (writer.acknowledged() < 50) await sleep(10)
    writer.child.kill('SIGKILL')
    await writer.ended
    await expect.poll(() => serverPid(folder), { timeout: 10_000 }).toBeUndefined()
    const found = await limits(await open(folder))
    expect(found.length).toBeGreaterThanOrEqual(writer.acknowledged())
    // One more may be there: committed, and the word of it lost.
    expect(found.length).toBeLessThanOrEqual(writer.acknowledged() + 1)
  })

  test('everything at once: the next start finds all that was acknowledged', async () => {
    const folder = await freshFolder()
    const writer = await hold(folder, 'write')
    while (writer.acknowledged() < 50) await sleep(10)
    for (const pid of [...(await keepersOf(folder)), (await serverPid(folder))!]) process.kill(pid, 'SIGKILL')
    writer.child.kill('SIGKILL')
    await writer.ended
    expect((await limits(await open(folder))).length).toBeGreaterThanOrEqual(writer.acknowledged())
  })

  test('the keeper: the next process keeps the server, and it ends with the last of them', async () => {
    const folder = await freshFolder()
    const first = await openEmbedded({ folder, ...quick })
    const keepers = await keepersOf(folder)
    expect(keepers.length).toBeGreaterThan(0)
    for (const pid of keepers) process.kill(pid, 'SIGKILL')
    const second = await openEmbedded({ folder, ...quick })
    expect([second.joined, second.pid]).toEqual([true, first.pid])
    await first.release()
    expect(await answers(second.admin)).toBe(true)
    await second.release()
    await expect.poll(() => serverPid(folder)).toBeUndefined()
  })

  test('a pid that belongs to another program by now is not taken for the server', async () => {
    const folder = await freshFolder()
    await (await openEmbedded({ folder, ...quick })).release()
    const owner = await stat(join(folder, 'data'))
    // One that the server's user could signal, so that PostgreSQL itself would take it for the server; and ourselves.
    const stranger = spawn('sleep', ['60'], { uid: owner.uid, gid: owner.gid })
    onTestFinished(() => void stranger.kill())
    for (const pid of [stranger.pid!, process.pid]) {
      const file = join(folder, 'data', 'postmaster.pid')
      await writeFile(
        file,
        `${pid}\n${join(folder, 'data')}\n1700000000\n5432\n${folder}\n\n  5432001         1\nready   \n`,
      )
      await chmod(file, 0o600)
      if (root) await spawnAndWait('chown', [`${owner.uid}:${owner.gid}`, file])
      const held = await openEmbedded({ folder, ...quick })
      expect([stranger.pid, process.pid]).not.toContain(held.pid)
      expect(await answers(held.admin)).toBe(true)
      await held.release()
    }
  })
})

describe('a folder that will not do', () => {
  test.each([
    ['a file in its place', async (folder: string) => writeFile(folder, '')],
    ['a file in place of its parent', async (folder: string) => writeFile(join(folder, '..'), '')],
    [
      'a file in place of the data',
      async (folder: string) => {
        await mkdir(folder)
        await writeFile(join(folder, 'data'), '')
      },
    ],
    [
      'a file in place of the pipe',
      async (folder: string) => {
        await mkdir(folder)
        await writeFile(join(folder, 'holders'), '')
      },
    ],
  ])('%s is said to be in the way', async (what, make) => {
    const parent = join(await freshFolder(), 'parent')
    if (!what.includes('parent')) await mkdir(parent)
    const folder = join(parent, 'postgres')
    await make(folder)
    await expect(openEmbedded({ folder, ...quick })).rejects.toMatchObject({
      name: 'UserError',
      code: 'data-folder',
      message: expect.stringMatching(/is in the way.*DROVER_HOME/),
    })
  })

  test('data of another PostgreSQL is left alone, and named', async () => {
    const folder = join(await freshFolder(), 'postgres')
    await mkdir(join(folder, 'data'), { recursive: true })
    await writeFile(join(folder, 'data', 'PG_VERSION'), '17\n')
    await expect(openEmbedded({ folder, ...quick })).rejects.toMatchObject({
      code: 'data-version',
      message: expect.stringMatching(/made by PostgreSQL 17.*brings 18/),
    })
    expect(await readdir(join(folder, 'data'))).toEqual(['PG_VERSION'])
  })

  test.runIf(root)('a folder below one that is closed to the server’s user is said to be closed', async () => {
    const closed = await freshFolder()
    await chmod(closed, 0o700)
    await expect(openEmbedded({ folder: join(closed, 'postgres') })).rejects.toMatchObject({
      code: 'data-folder',
      message: expect.stringContaining(`chmod o+x ${closed}`),
    })
  })

  test.runIf(canRunAsNobody)('a folder that we may not read or write is said to be so', async () => {
    const folder = await freshFolder()
    for (const mode of [0o700, 0o755]) {
      await chmod(folder, mode)
      const { error, message } = await firstWord(spawn(process.execPath, [HOLDER, join(folder, 'x')], NOBODY))
      expect([error, message]).toEqual(['data-folder', expect.stringMatching(/may not read and write.*DROVER_HOME/)])
    }
  })

  test.runIf(canRunAsNobody)('not as root, the server is our own', async () => {
    const folder = await freshFolder()
    await chmod(folder, 0o777)
    const holder = await hold(join(folder, 'x'), 'bare', NOBODY)
    expect((await stat(join(folder, 'x', 'data'))).uid).toBe(NOBODY.uid)
    holder.child.kill('SIGTERM')
    expect(await holder.ended).toBe(0)
  })

  test.runIf(canMount)('a full disk is named, and nothing half made stays on it', async () => {
    const folder = await freshFolder()
    const small = await onSmallDisk(folder, '20m', `exec "$@"`)
    expect(small).toMatchObject({ error: 'disk-full', message: expect.stringContaining('is full. Free some space') })
    expect(small.left?.filter((name) => name.startsWith('data'))).toEqual([])
  })

  test.runIf(canMount)('a disk that is full by now is named, too', async () => {
    const folder = await freshFolder()
    const full = await onSmallDisk(
      folder,
      '150m',
      `"$@" & p=$!; while ! [ -e "$DISK/x/.s.PGSQL.5432" ]; do sleep 0.1; done; sleep 1; kill $p; wait $p
       cat /dev/zero > "$DISK/fill" 2>/dev/null; exec "$@"`,
      'second',
    )
    expect(full).toMatchObject({ error: 'disk-full', message: expect.stringContaining('is full. Free some space') })
  })
})

/** Open to others: the server's user has to reach what is in it. */
async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-embedded-'))
  await chmod(folder, 0o755)
  onTestFinished(async () => {
    await expect.poll(() => serverPid(folder), { timeout: 15_000 }).toBeUndefined()
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}

/** Closed when the test ends. */
async function open(folder: string): Promise<Database> {
  const database = await openDatabase({ folder, onWarning: () => undefined })
  onTestFinished(() => database.close().catch(() => undefined))
  return database
}

const limits = (database: Database) => asSystem(database, (db) => db.selectFrom('limits').selectAll().execute())

async function answers(config: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query('select 1 as one')).rowCount === 1
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Of the postmaster that stands in the folder's data, whatever its pid file says. */
async function serverPid(folder: string): Promise<number | undefined> {
  const below = (await processes()).filter(
    (one) => one.words[0]?.endsWith('/postgres') && one.words.includes(join(folder, 'data')),
  )
  return below[0]?.pid
}

/** The shells that watch over it. */
const keepersOf = async (folder: string) =>
  (await processes())
    .filter((one) => one.words[0] === '/bin/sh' && one.words.includes(join(folder, 'holders')))
    .map((one) => one.pid)

async function processes(): Promise<{ pid: number; words: string[] }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      words: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0'),
    })),
  )
}

interface Said {
  open?: number
  acknowledged?: number
  error?: string
  message?: string
  left?: string[]
}

/** Another process that holds the folder's server. Ready when this settles. */
async function hold(folder: string, mode = 'bare', user: { uid?: number; gid?: number } = {}) {
  const child = spawn(process.execPath, [HOLDER, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'], ...user })
  onTestFinished(() => void child.kill('SIGKILL'))
  let acknowledged = 0
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Said
      if (said.acknowledged !== undefined) acknowledged = said.acknowledged
      if (said.open !== undefined) resolve()
      if (said.error !== undefined) reject(new Error(line))
    })
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)))
  })
  return { child, ended, acknowledged: () => acknowledged }
}

async function firstWord(child: ChildProcess, skip = 0): Promise<Said> {
  const lines: string[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line))
  await new Promise((resolve) => child.once('close', resolve))
  return JSON.parse(lines[skip] ?? '{}') as Said
}

/** Opens the database on a disk of its own that only this process tree sees. */
function onSmallDisk(disk: string, size: string, script: string, word = 'first') {
  const mount = `mount -t tmpfs -o size=${size},mode=755 none "$DISK" && ${script}`
  const args = ['--mount', '/bin/sh', '-c', mount, 'sh', process.execPath, HOLDER, join(disk, 'x'), 'bare']
  const child = spawn('unshare', args, { env: { ...process.env, DISK: disk }, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return firstWord(child, word === 'first' ? 0 : 1)
}

const spawnAndWait = (file: string, args: string[]) =>
  new Promise((resolve) => spawn(file, args, { stdio: 'ignore' }).once('exit', resolve))
