import type { Queue } from '../candidates/candidate.ts'
import { inRounds, onFreshQueue, type Measurement } from '../measurement.ts'

const CLIENTS = 8
/** Each connection has looked up all that it needs then. */
const WARM_UP = 400

export const enqueue: Measurement = {
  name: 'enqueue',
  title: `Enqueue: single jobs, each in a commit of its own, ${CLIENTS} clients`,
  run: ({ server, sizes, candidates }) =>
    inRounds(candidates, sizes.rounds, (candidate) =>
      onFreshQueue({ server }, candidate, 'plain', async (queue) => {
        await addAll(queue, WARM_UP)
        const cpuBefore = await server.cpuSeconds()
        const startedAt = performance.now()
        await addAll(queue, sizes.enqueued)
        const seconds = (performance.now() - startedAt) / 1_000
        const cpu = (await server.cpuSeconds()) - cpuBefore
        return [
          { label: 'jobs', unit: '/s', value: sizes.enqueued / seconds },
          { label: 'database CPU a job', unit: 'ms', value: (cpu * 1_000) / sizes.enqueued },
        ]
      }),
    ),
}

async function addAll(queue: Queue, count: number) {
  let next = 0
  const client = async () => {
    while (next < count) await queue.add({ number: next++ })
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
}
