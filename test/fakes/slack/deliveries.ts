/** How Slack brings something to an app: until it is acknowledged, a few times, then no more. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Envelope {
  type: 'events_api' | 'slash_commands' | 'interactive'
  payload: Record<string, unknown>
}

/** What the app answered; undefined where it did not, or not in time. */
export type Answer = { payload: unknown } | undefined

export interface Deliveries {
  deliver(envelope: Envelope): Promise<Answer>
  /** What was delivered last, once more. */
  redeliver(): void
  /** What Slack has given up. */
  lost: Envelope[]
  stop(): void
}

export interface DeliveryRules {
  /** How often an event is offered. Slack: four times. */
  tries: number
}

/** As on the platform. */
export const ACK_MS = 3000
/** The platform tries again at once, after a minute, after five. */
const AGAIN_MS = 500

export function createDeliveries(
  rules: DeliveryRules,
  offer: (envelope: Envelope, attempt: number) => Promise<Answer>,
): Deliveries {
  const lost: Envelope[] = []
  const stopping = new AbortController()
  let last: Envelope | undefined

  async function offerAll(envelope: Envelope): Promise<Answer> {
    // Only events are offered again. Who pressed a button is told that it did not work.
    const tries = envelope.type === 'events_api' ? rules.tries : 1
    for (let attempt = 0; attempt < tries && !stopping.signal.aborted; attempt++) {
      if (attempt > 0) await sleep(AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
      const answer = await offer(envelope, attempt)
      if (answer) return answer
    }
    lost.push(envelope)
    return undefined
  }

  return {
    deliver(envelope) {
      last = envelope
      return offerAll(envelope)
    },
    redeliver() {
      if (last) void offerAll(last)
    },
    lost,
    stop: () => stopping.abort(),
  }
}
