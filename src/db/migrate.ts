import { readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { connectionError } from './connection-errors.ts'
import { createRoles } from './roles.ts'

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))
const LOCK = 7_231_001

/**
 * Brings the schema `drover` up to date and returns the names of what it applied. Many may start at once: an advisory lock
 * lets one of them work while the others wait and then find nothing to do. All of it is one transaction.
 */
export async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'drover migrate' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await createRoles(client, client.user ?? 'drover')
    const applied = await runner({
      dbClient: client,
      dir: FOLDER,
      direction: 'up',
      schema: 'drover',
      createSchema: true,
      migrationsTable: 'migrations',
      migrationsSchema: 'drover',
      createMigrationsSchema: true,
      lockValue: LOCK,
      advisoryLockMode: 'wait',
      checkOrder: true,
      singleTransaction: true,
      log: () => undefined,
    })
    return applied.map((migration) => migration.name)
  } catch (error) {
    throw connectionError(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Names of the migrations that this version brings and the database lacks. */
export async function pendingMigrations(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'drover migrate' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ there: string | null }>(`select to_regclass('drover.migrations') as there`)
    const { rows: applied } =
      rows[0]?.there == null ? { rows: [] } : await client.query<{ name: string }>('select name from drover.migrations')
    const names = new Set(applied.map((row) => row.name))
    const files = await readdir(FOLDER)
    return files.map((file) => basename(file, '.sql')).filter((name) => !names.has(name))
  } catch (error) {
    throw connectionError(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}
