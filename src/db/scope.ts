import { Kysely, PostgresDialect, sql } from 'kysely'
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
  return inTransaction(database.pool, `begin; set local role ${APP_ROLE}; set local drover.org_id = '${orgId}'`, work)
}

const AS_SYSTEM = `begin; set local role ${SYSTEM_ROLE}`

/** Runs `work` in a transaction that sees all orgs. For the stages that serve everybody: claim, reap, deliver. */
export function asSystem<T>(database: Database, work: (db: Db) => Promise<T>): Promise<T> {
  return inTransaction(database.pool, AS_SYSTEM, work)
}

/** From here on the transaction sees the rows of one org only: for a stage that has found out whom it serves. */
export async function narrowTo(db: Db, orgId: string): Promise<void> {
  await sql`select set_config('role', ${APP_ROLE}, true), set_config('drover.org_id', ${orgId}, true)`.execute(db)
}

/** As `asSystem`, for work that is one single query: the commit goes out with it, and all is one round trip. A second query has no rights. */
export function onceAsSystem<T>(database: Database, work: (db: Db) => Promise<T>): Promise<T> {
  return inTransaction(database.pool, AS_SYSTEM, work, { once: true })
}

/** Tells the listeners what the transaction left for them; see the SQL function `tell`. */
const TELL = {
  name: 'tell',
  text: String.raw`select set_config('drover.to_tell', '', false), pg_notify(split_part(line, ' ', 1), split_part(line, ' ', 2))
    from string_to_table(nullif(current_setting('drover.to_tell', true), ''), E'\n') line where line <> ''`,
}

async function inTransaction<T>(
  pool: pg.Pool,
  begin: string,
  work: (db: Db) => Promise<T>,
  { once = false } = {},
): Promise<T> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw new RetryLater('The database does not answer. It is tried again by itself.', 1_000, { cause })
  })
  let committing: Promise<pg.QueryResult> | undefined
  const commit = () => {
    committing ??= client.query('commit')
    // Heard below; until then a failure is nobody's yet.
    committing.catch(() => undefined)
    // Only a hint: that it failed is no reason to call what is committed a failure.
    client.query(TELL).catch(() => undefined)
    return committing
  }
  let broken: Error | undefined
  try {
    // Not waited for: it travels together with the first query of `work`, which fails where this one does.
    const begun = client.query(begin)
    begun.catch(() => undefined)
    const result = await work(builderOn(client, once ? commit : () => undefined))
    await begun
    // Where `work` swallowed an error of a query, the server answers a commit with a rollback, and says so here only.
    const { command } = await (committing ?? commit())
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

/** Kysely over one connection: all that it runs is in the transaction that is open there. `onQuery` comes after each query has gone out. */
function builderOn(client: pg.PoolClient, onQuery: () => unknown): Db {
  const query = (text: string, values?: unknown[]) => {
    const answer = client.query(text, values)
    onQuery()
    return answer
  }
  const borrowed = { query, release: () => undefined } as unknown as pg.PoolClient
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: { connect: async () => borrowed, end: async () => undefined, options: {} } }),
  })
}

/** Whether an error says that this unique constraint or index was broken. */
export function breaks(error: unknown, constraint: string): boolean {
  return codeOf(error) === '23505' && error instanceof Error && 'constraint' in error && error.constraint === constraint
}
