import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../lib/errors.ts'
import { startIdleClock } from '../lib/idle-clock.ts'
import { Refused, refusalOf } from './refused.ts'
import { readServerEvents, type ServerEvent } from '../lib/server-events.ts'

/** The service says every 15 seconds that it lives. */
const SILENCE_MS = 45_000
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 2_000
const GIVE_UP_MS = 10 * 60_000

export interface StreamOptions {
  signal: AbortSignal
  /** Called once when the service goes away in the middle, and once when it is back. */
  onAway?: (isAway: boolean) => void
}

/**
 * Server-sent events for as long as somebody reads. Where the service goes away in the middle (a restart, a kill), `connect` is
 * called again: it says where to go on.
 */
export async function* followStream(
  connect: (signal: AbortSignal) => Promise<Response>,
  { signal, onAway }: StreamOptions,
): AsyncGenerator<ServerEvent, void> {
  let awaySince: number | undefined
  let pauseMs = FIRST_PAUSE_MS
  while (!signal.aborted) {
    const silence = new AbortController()
    const clock = startIdleClock(SILENCE_MS, () => silence.abort())
    try {
      const response = await connect(AbortSignal.any([signal, silence.signal]))
      if (!response.ok && response.status < 500) throw await refusalOf(response)
      if (response.ok && response.body) {
        for await (const message of readServerEvents(response.body, () => clock.restart())) {
          if (awaySince !== undefined) onAway?.(false)
          awaySince = undefined
          pauseMs = FIRST_PAUSE_MS
          yield message
        }
      }
    } catch (error) {
      if (error instanceof Refused) throw error
      // Anything else is a connection that broke or was refused: the service is asked again.
    } finally {
      clock.stop()
    }
    if (awaySince === undefined) {
      awaySince = Date.now()
      if (!signal.aborted) onAway?.(true)
    }
    if (Date.now() - awaySince > GIVE_UP_MS) {
      throw new UserError(
        'service-away',
        'The service has been away for ten minutes. The work goes on when it is back: drover up',
      )
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  }
}
