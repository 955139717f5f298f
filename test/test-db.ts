import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { openDatabase, type Database } from '../src/db/connect.ts'

export interface TestDatabase extends Database, AsyncDisposable {}

/** What global-setup.ts made ready: where the cluster listens. */
declare module 'vitest' {
  interface ProvidedContext {
    cluster: { host: string; port: number }
  }
}

export const urlOf = (database: string, login = 'drover') => {
  const { host, port } = inject('cluster')
  return `postgres://${login}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`
}

/** As superuser, for making databases and for looking past the policies. */
export async function asAdmin<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: urlOf(database, 'postgres') })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The name of a database of its own, empty or copied from the migrated template in some 60 ms. */
export async function createTestDatabase(template = 'drover_template'): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdmin('postgres', (client) => client.query(`create database ${name} template ${template} owner drover`))
  return name
}

export async function dropTestDatabase(name: string): Promise<void> {
  await asAdmin('postgres', (client) => client.query(`drop database if exists ${name} with (force)`))
}

/** A migrated database of its own, dropped when the test ends. */
export async function openTestDb(options: { poolSize?: number } = {}): Promise<TestDatabase> {
  const name = await createTestDatabase()
  const database = await openDatabase({
    url: urlOf(name),
    folder: '/nowhere',
    migrate: false,
    onWarning: (message) => console.warn(message),
    ...options,
  })
  return Object.assign(database, {
    async [Symbol.asyncDispose]() {
      await database.close()
      await dropTestDatabase(name)
    },
  })
}
