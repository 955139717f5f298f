import { setTimeout as sleep } from 'node:timers/promises'
import type { Job, Queue } from '../candidates/candidate.ts'
import type { Sample } from '../measurement.ts'
import type { Server } from '../server.ts'

export const HANDLERS = 10
const GIVE_UP_MS = 60_000

/** Runs what waits until all of it was handled once. Timed from the first handler to the last: starting a worker is no part of it. */
export async function drainQueue(server: Server, queue: Queue, jobs: readonly Job[]): Promise<Sample[]> {
  await queue.addMany(jobs)
  await queue.settle()
  const done = Promise.withResolvers<void>()
  let firstAt = 0
  let lastAt = 0
  let handled = 0
  const cpuBefore = await server.cpuSeconds()
  const worker = await queue.work(HANDLERS, async () => {
    lastAt = performance.now()
    if (handled === 0) firstAt = lastAt
    if (++handled === jobs.length) done.resolve()
  })
  await Promise.race([done.promise, sleep(GIVE_UP_MS, undefined, { ref: false })])
  const cpu = (await server.cpuSeconds()) - cpuBefore
  const seconds = (lastAt - firstAt) / 1_000
  await worker.stop()
  return [
    { label: 'jobs', unit: '/s', value: (handled - 1) / seconds },
    { label: 'database CPU a job', unit: 'ms', value: (cpu * 1_000) / handled },
  ]
}
