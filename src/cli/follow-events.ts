import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskEvent } from '../http/wire.ts'
import { UserError } from '../lib/errors.ts'
import { startIdleClock } from '../lib/idle-clock.ts'
import { Refused, refusalOf } from './refused.ts'
import { readServerEvents } from './server-events.ts'

/** The service says every 15 seconds that it lives. */
const SILENCE_MS = 45_000
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 2_000
const GIVE_UP_MS = 10 * 60_000

export interface FollowOptions {
  /** Only events after this number. */
  after: number
  signal: AbortSignal
  /** Called once when the service goes away in the middle, and once when it is back. */
  onAway?: (isAway: boolean) => void
}

/**
 * The events of a task, each once and in order, to its end. Where the service goes away in the middle (a restart, a kill), it is
 * asked again from the last number seen: whoever watches sees the end, whatever happened to the service.
 */
export async function* followEvents(
  connect: (lastId: number, signal: AbortSignal) => Promise<Response>,
  { after, signal, onAway }: FollowOptions,
): AsyncGenerator<TaskEvent, void> {
  let last = after
  let awaySince: number | undefined
  let pauseMs = FIRST_PAUSE_MS
  while (!signal.aborted) {
    const silence = new AbortController()
    const clock = startIdleClock(SILENCE_MS, () => silence.abort())
    try {
      const response = await connect(last, AbortSignal.any([signal, silence.signal]))
      if (!response.ok && response.status < 500) throw await refusalOf(response)
      if (response.ok && response.body) {
        for await (const message of readServerEvents(response.body, () => clock.restart())) {
          if (awaySince !== undefined) onAway?.(false)
          awaySince = undefined
          pauseMs = FIRST_PAUSE_MS
          if (message.event === 'end') return
          const event = JSON.parse(message.data) as TaskEvent
          if (event.seq <= last) continue
          last = event.seq
          yield event
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
        'The service has been away for ten minutes. The task goes on when it is back: drover up',
      )
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  }
}
