/** Third stage: what is in the outbox is sent, a place's things in their order, and what lives is brought up to date. */
import { asSystem, onceAsSystem } from '../db/scope.ts'
import { claimDelivery, renewHold } from '../deliveries/store.ts'
import type { Running } from '../lib/running.ts'
import { startWakefulLoop } from '../lib/wakeful-loop.ts'
import type { OutboundParts } from './parts.ts'
import { sendNext } from './send-next.ts'

/** How many places are sent to at once. */
const AT_ONCE = 8
/** What comes due without a word: a pause that ends, an event that nobody announced. */
const POLL_MS = 250
/** A place whose sender was killed is free again after that; who sends renews it three times as often. */
const LEASE_SECONDS = 8

/** Delivers until stopped; a stop waits for what is being sent. Any number of processes may. */
export function startOutbound(parts: OutboundParts): Running {
  const { database, log, channels } = parts
  const names = [...channels.keys()]
  const active = new Set<Promise<void>>()

  async function startNext(): Promise<boolean> {
    if (active.size >= AT_ONCE || names.length === 0) return false
    const hold = await asSystem(database, (db) => claimDelivery(db, names, LEASE_SECONDS)).catch((error: unknown) =>
      log.error({ err: error }, 'the outbox cannot be read'),
    )
    if (!hold) return false
    const renewal = setInterval(
      () => {
        // One that fails is made good by the next, or another takes the place, and our notes are refused.
        void onceAsSystem(database, (db) => renewHold(db, hold, LEASE_SECONDS)).catch(() => undefined)
      },
      (LEASE_SECONDS * 1_000) / 3,
    )
    const done = sendNext(parts, hold)
      // The place's lease runs out, and somebody sends it again.
      .catch((error: unknown) => log.error({ err: error, delivery: hold.delivery.id }, 'a delivery could not be noted'))
      .finally(() => {
        clearInterval(renewal)
        active.delete(done)
        loop.wake()
      })
    active.add(done)
    return true
  }

  const loop = startWakefulLoop(POLL_MS, startNext)
  const stopListening = database.listener.on('drover_outbox', loop.wake)
  return {
    async stop() {
      stopListening()
      await loop.stop()
      await Promise.all(active)
    },
  }
}
