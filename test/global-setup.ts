import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'
import { createLogin } from '../src/db/roles.ts'

/** One cluster a run, and in it one migrated database that each test copies. Without fsync: it is thrown away. */
export async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'drover-test-'))
  await chmod(folder, 0o755)
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
