import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { RetryLater, UserError, codeOf } from '../lib/errors.ts'
import { isId } from '../lib/ids.ts'
import type { Database } from './connect.ts'
import { APP_ROLE, SYSTEM_ROLE } from './roles.ts'
import type { Tables } from './tables.ts'

/** A transaction with a scope. What every store function takes first. */
export type Db = Kysely<Tables>

/** Runs `work` in a transaction that sees and changes the rows of one org only: the database's row-level policies see to it. */
export function asOrg<T>(database: Database, orgId: string, work: (db: Db) => Promise<T>): Promise<T> {
  if (!isId('org', orgId)) throw new UserError('org', `"${orgId}" is not the id of an org.`)
  return inTransaction(
    database.pool,
    `begin; set local search_path = drover; set local role ${APP_ROLE}; set local drover.org_id = '${orgId}'`,
    work,
  )
}

/** Runs `work` in a transaction that sees all orgs. For the stages that serve everybody: claim, reap, deliver. */
export function asSystem<T>(database: Database, work: (db: Db) => Promise<T>): Promise<T> {
  return inTransaction(database.pool, `begin; set local search_path = drover; set local role ${SYSTEM_ROLE}`, work)
}

async function inTransaction<T>(pool: pg.Pool, begin: string, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw new RetryLater('The database does not answer. It is tried again by itself.', 1_000, { cause })
  })
  let broken: Error | undefined
  try {
    // One round trip for all of them.
    await client.query(begin)
    const result = await work(builderOn(client))
    // Where `work` swallowed an error of a query, the server answers a commit with a rollback, and says so here only.
    const { command } = await client.query('commit')
    if (command !== 'COMMIT') throw new Error('A query failed, and its error was caught: nothing was written.')
    return result
  } catch (error) {
    await client
      .query('rollback')
      .catch((failure: unknown) => (broken = failure instanceof Error ? failure : new Error('rollback failed')))
    throw error
  } finally {
    client.release(broken)
  }
}

/** Kysely over one connection: all that it runs is in the transaction that is open there. */
function builderOn(client: pg.PoolClient): Db {
  const borrowed = { query: client.query.bind(client), release: () => undefined } as pg.PoolClient
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: { connect: async () => borrowed, end: async () => undefined, options: {} } }),
  })
}

/** Whether an error says that this unique constraint or index was broken. */
export function breaks(error: unknown, constraint: string): boolean {
  return codeOf(error) === '23505' && error instanceof Error && 'constraint' in error && error.constraint === constraint
}
