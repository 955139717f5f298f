import { setTimeout as sleep } from 'node:timers/promises'
import type { Job, Queue } from '../candidates/candidate.ts'
import { inRounds, onFreshQueue, type Measurement } from '../measurement.ts'
import { drainQueue, HANDLERS } from './drain-queue.ts'

const LANES = 100
const GIVE_UP_MS = 30_000

export const lanes: Measurement = {
  name: 'lanes',
  title: `FIFO drain: ${LANES} lanes, one job of a lane at a time, ${HANDLERS} handlers`,
  run: ({ server, sizes, candidates }) =>
    inRounds(
      candidates.filter((candidate) => candidate.shapes.includes('lanes')),
      sizes.rounds,
      async (candidate) => [
        ...(await onFreshQueue({ server }, candidate, 'lanes', (queue) =>
          drainQueue(server, queue, jobsInLanes(sizes.drainedInLanes, LANES)),
        )),
        {
          label: 'jobs out of order or beside another of their lane, of 100',
          unit: 'count',
          value: await onFreshQueue({ server }, candidate, 'lanes', countBreaks),
        },
      ],
    ),
}

const jobsInLanes = (count: number, lanesUsed: number): Job[] =>
  Array.from({ length: count }, (_, number) => ({ number, lane: `lane-${number % lanesUsed}` }))

/** Added one after the other, as messages of conversations are. */
async function countBreaks(queue: Queue): Promise<number> {
  const jobs = jobsInLanes(100, 20)
  for (const job of jobs) await queue.add(job)
  await queue.settle()
  const newest = new Map<string, number>()
  const running = new Set<string>()
  const done = Promise.withResolvers<void>()
  let breaks = 0
  let handled = 0
  const worker = await queue.work(HANDLERS, async ({ number, lane = '' }) => {
    if (running.has(lane) || number < (newest.get(lane) ?? -1)) breaks++
    newest.set(lane, number)
    running.add(lane)
    await sleep(3)
    running.delete(lane)
    if (++handled === jobs.length) done.resolve()
  })
  await Promise.race([done.promise, sleep(GIVE_UP_MS, undefined, { ref: false })])
  await worker.stop()
  return breaks
}
