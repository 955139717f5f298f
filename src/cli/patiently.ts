import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../lib/errors.ts'

const PAUSE_MS = 250
const PATIENCE_MS = 60_000

/** Does it again while the service is away, for a minute at most: it may be restarting. Only for what may be done twice. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) !== 'service-away' || Date.now() > giveUpAt) throw error
    }
    await sleep(PAUSE_MS)
  }
}
