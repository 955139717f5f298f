import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from './connect.ts'

const TRY_MS = 1_000
/** How often we look whether the connection that holds the lock still stands. */
const WATCH_MS = 5_000

/**
 * Makes what runs work in one process at a time, of all that share the database. Who waits tries every second; a lock goes with
 * the connection that holds it, so that a killed process blocks nobody. Work whose lock is lost is told to end, and begins again
 * when it is its turn once more.
 */
export function createOnlyOne({ pool }: Pick<Database, 'pool'>) {
  /** False where another has the lock, or where it was lost before the work had ended. */
  async function underLock(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>) {
    const client = await pool.connect()
    const lost = new AbortController()
    let watch: NodeJS.Timeout | undefined
    try {
      await client.query('begin')
      const { rows } = await client.query<{ got: boolean }>(
        'select pg_try_advisory_xact_lock(hashtextextended($1, 4)) as got',
        [key],
      )
      if (!rows[0]?.got) return false
      watch = setInterval(() => void client.query('select 1').catch((error: unknown) => lost.abort(error)), WATCH_MS)
      await work(AbortSignal.any([signal, lost.signal]))
      return !lost.signal.aborted
    } finally {
      clearInterval(watch)
      let broken: Error | undefined
      await client.query('rollback').catch((error: Error) => (broken = error))
      client.release(broken)
    }
  }

  return async function asOnlyOne(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>) {
    while (!signal.aborted) {
      // The database may be away: it is asked again.
      const had = await underLock(key, signal, work).catch((error: unknown) => {
        if (signal.aborted) throw error
        return false
      })
      if (had) return
      await sleep(TRY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}
