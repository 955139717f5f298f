import pg from 'pg'
import { assertUsable } from './connection-errors.ts'
import { openEmbedded } from './embedded.ts'
import { startListening, type Listener } from './listen.ts'
import { migrate } from './migrate.ts'
import { createLogin, IDLE_ROLE } from './roles.ts'

/** All that a process holds of the database. Queries go through `asOrg` and `asSystem` (scope.ts), never the pool itself. */
export interface Database {
  readonly pool: pg.Pool
  readonly listener: Listener
  /** For another process on this machine or elsewhere: what to put in its DATABASE_URL. */
  readonly url: string
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** A server of the user's own; without it the embedded one, below `folder`, is started or joined. */
  url?: string
  folder: string
  poolSize?: number
  /** Bring the schema up to date first. */
  migrate?: boolean
  onWarning: (message: string) => void
}

/** Opens the database: embedded or `DATABASE_URL`, the same from here on. `UserError` says in a sentence what is wrong. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.url !== undefined) return connect(options.url, options)
  const open = () => openEmbedded({ folder: options.folder })
  let embedded = await open()
  const release = () => embedded.release()
  /** The server has died under us: start it again, or join who did. Held anew before it is let go: it must not stop in between. */
  const revive = async () => {
    const former = embedded
    embedded = await open()
    await former.release()
  }
  try {
    const database = await connect(await createLogin(embedded.admin), options, revive)
    return {
      ...database,
      async close() {
        await database.close()
        await release()
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}

async function connect(url: string, options: DatabaseOptions, revive?: () => Promise<void>): Promise<Database> {
  await assertUsable(url)
  if (options.migrate !== false) await migrate(url)
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize ?? 10,
    application_name: 'drover',
    // What does not need the answer before it goes out with it: a transaction is two round trips, not four (scope.ts).
    pipeline: true,
    types: TYPES,
    // A connection begins with no right at all, whoever we logged in as: what is asked outside asOrg and asSystem is
    // refused. The types do not know that the pool waits for the promise (pg-pool 3.10, index.js).
    onConnect: (client) => client.query(`set search_path = drover; set role ${IDLE_ROLE}`) as unknown as void,
  })
  let closing = false
  // An idle connection that breaks is replaced by the pool; unheard, its 'error' event would end the process.
  pool.on('error', (error) => {
    if (!closing) options.onWarning(`A database connection broke: ${error.message}`)
  })
  // One that breaks while it is lent out fails the query that runs on it, or the next; its 'error' event would end us, too.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const listener = startListening(url, options.onWarning, revive)
  return {
    pool,
    listener,
    url,
    async close() {
      closing = true
      await listener.stop()
      await pool.end()
    },
  }
}

const INT8 = 20

/** int8 (counts, event numbers) as numbers: ours stay far below 2^53. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}
