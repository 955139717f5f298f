import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'
import { createLogin } from '../src/db/roles.ts'

/** One cluster a run, and in it one migrated database that each test copies. Without fsync: it is thrown away. */
export async function setup(project: TestProject) {
  const folder = (await openInMemory()) ?? (await mkdtemp(join(tmpdir(), 'drover-test-')))
  await chmod(folder, 0o1777)
  // Whatever a test leaves behind goes with it.
  process.env.TMPDIR = folder
  const embedded = await openServer(folder)
  await migrate(await createLogin(embedded.admin))
  const admin = new pg.Client(embedded.admin)
  await admin.connect()
  await admin.query('alter database drover rename to drover_template')
  await admin.end()
  project.provide('cluster', { host: String(embedded.admin.host), port: Number(embedded.admin.port) })
  return async () => {
    await embedded.release()
    await rm(folder, { recursive: true, force: true })
  }
}

const ROOM_BYTES = 4 * 2 ** 30

/**
 * A folder in memory, where this machine has one with room that runs programs: a database is a thousand files, and each test has
 * one made and thrown away. On a disk that costs more than half of what the tests do.
 */
async function openInMemory(): Promise<string | undefined> {
  const memory = '/dev/shm'
  const found = await statfs(memory).catch(() => undefined)
  if (!found || found.bavail * found.bsize < ROOM_BYTES) return undefined
  await sweep(memory)
  const folder = await mkdtemp(join(memory, `drover-${process.pid}-`))
  try {
    const program = join(folder, 'program')
    await writeFile(program, '#!/bin/sh\n', { mode: 0o755 })
    await promisify(execFile)(program)
    return folder
  } catch {
    await rm(folder, { recursive: true, force: true })
    return undefined
  }
}

/** What runs left that were killed: memory has less room than a disk. */
async function sweep(memory: string) {
  for (const name of await readdir(memory)) {
    const [, pid] = /^drover-(\d+)-/.exec(name) ?? []
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await rm(join(memory, name), { recursive: true, force: true })
  }
}

/** DROVER_TEST_POSTGRES=/socket/folder:5432 takes a server that runs already, of another version for one; its user `postgres` needs no password. */
async function openServer(folder: string) {
  const [, host, port] = /^(.+):(\d+)$/.exec(process.env.DROVER_TEST_POSTGRES ?? '') ?? []
  if (host !== undefined)
    return {
      admin: { host, port: Number(port), user: 'postgres', database: 'postgres' },
      release: async () => undefined,
    }
  return openEmbedded({
    folder: join(folder, 'postgres'),
    durable: false,
    settings: { max_connections: '400' },
  })
}
