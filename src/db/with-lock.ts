import type { Database } from './connect.ts'

/**
 * Makes the lock that holds across all processes of one database. Within this process the waiting stand in line in memory,
 * so that each key takes one connection at most, however many wait.
 */
export function createWithLock({ pool }: Pick<Database, 'pool'>) {
  const lines = new Map<string, Promise<unknown>>()

  async function underLock<T>(key: string, work: () => Promise<T>): Promise<T> {
    const client = await pool.connect()
    try {
      // A transaction's lock, not a session's: it goes with the connection even behind a pooler, and with us when we die.
      await client.query('begin')
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 3))', [key])
      return await work()
    } finally {
      await client.query('rollback').catch(() => undefined)
      client.release()
    }
  }

  return async function withLock<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (lines.get(key) ?? Promise.resolve()).then(() => underLock(key, work))
    const settled = turn.catch(() => undefined)
    lines.set(key, settled)
    void settled.then(() => {
      if (lines.get(key) === settled) lines.delete(key)
    })
    return turn
  }
}
