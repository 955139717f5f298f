import { setTimeout as sleep } from 'node:timers/promises'
import { inRounds, onFreshQueue, type Measurement } from '../measurement.ts'
import { latencies } from '../statistics.ts'

const HANDLERS = 10
const WARM_UP = 10
const GIVE_UP_MS = 10_000

export const pickup: Measurement = {
  name: 'pickup',
  title: `Pickup: from the call that adds a job to its handler, one job at a time, ${HANDLERS} idle handlers`,
  run: ({ server, sizes, candidates }) =>
    inRounds(candidates, sizes.rounds, (candidate) =>
      onFreshQueue({ server }, candidate, 'plain', async (queue) => {
        const heard = new Map<number, () => void>()
        const worker = await queue.work(HANDLERS, async ({ number }) => heard.get(number)?.())
        const took: number[] = []
        for (let number = 0; number < WARM_UP + sizes.pickups; number++) {
          const handled = Promise.withResolvers<void>()
          heard.set(number, handled.resolve)
          const startedAt = performance.now()
          await queue.add({ number })
          await Promise.race([handled.promise, sleep(GIVE_UP_MS, undefined, { ref: false })])
          if (number >= WARM_UP) took.push(performance.now() - startedAt)
          // An uneven pause: none of the candidates' own polls keeps step with it.
          await sleep(15 + ((number * 7) % 23))
        }
        await worker.stop()
        return latencies(took)
      }),
    ),
}
