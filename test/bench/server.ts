import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openEmbedded } from '../../src/db/embedded.ts'
import { createLogin } from '../../src/db/roles.ts'

export interface BenchDatabase {
  url: string
  drop(): Promise<void>
}

/** The one server that all candidates are measured on. */
export interface Server {
  version: string
  createDatabase(): Promise<BenchDatabase>
  /** As superuser. */
  query(database: Pick<BenchDatabase, 'url'>, statement: string, values?: unknown[]): Promise<void>
  /** Seconds of processor time that the server took so far, all its processes together. */
  cpuSeconds(): Promise<number>
  close(): Promise<void>
}

const TICKS_PER_SECOND = 100

/** Our embedded PostgreSQL in a new folder, with fsync on and the settings that the service gives it. */
export async function startServer(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-bench-'))
  await chmod(folder, 0o755)
  const embedded = await openEmbedded({ folder: join(folder, 'postgres') })
  const loginUrl = new URL(await createLogin(embedded.admin))
  const admin = new pg.Client(embedded.admin)
  await admin.connect()
  const { rows } = await admin.query<{ version: string }>(`select current_setting('server_version') as version`)
  let made = 0

  return {
    version: rows[0]?.version ?? 'unknown',
    async createDatabase() {
      const name = `bench_${++made}`
      await admin.query(`create database ${name} owner drover`)
      const url = new URL(loginUrl)
      url.pathname = name
      return {
        url: url.href,
        async drop() {
          await admin.query(`drop database ${name} with (force)`)
          // Else the next candidate would pay for the pages that this one left to be written.
          await admin.query('checkpoint')
        },
      }
    },
    async query({ url }, statement, values = []) {
      const client = new pg.Client({ ...embedded.admin, database: new URL(url).pathname.slice(1) })
      await client.connect()
      try {
        await client.query(statement, values)
      } finally {
        await client.end()
      }
    },
    cpuSeconds: () => cpuSecondsOf(embedded.pid),
    async close() {
      await admin.end()
      await embedded.release()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Of a process, its living children and those that it has waited for; from /proc, so on Linux only (else 0). */
async function cpuSecondsOf(root: number): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')))
  let ticks = 0
  for (const [index, stat] of stats.entries()) {
    // What stands before the last bracket may hold spaces; after it: state, parent, … utime, stime and those of its dead children.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const isRoot = pids[index] === String(root)
    if (!isRoot && fields[1] !== String(root)) continue
    ticks += Number(fields[11]) + Number(fields[12]) + (isRoot ? Number(fields[13]) + Number(fields[14]) : 0)
  }
  return ticks / TICKS_PER_SECOND
}
