import { setTimeout as sleep } from 'node:timers/promises'
import { GROUP_LIMIT, type Job, type Queue } from '../candidates/candidate.ts'
import { inRounds, onFreshQueue, type Measurement, type Sample } from '../measurement.ts'
import { drainQueue, HANDLERS } from './drain-queue.ts'

const GROUPS = 50
const GIVE_UP_MS = 60_000
const STRESS = { groups: 5, workers: 3, handlersOfEach: 8, jobs: 400, jobMs: 15 }

export const groups: Measurement = {
  name: 'groups',
  title: `Drain under limits: ${GROUPS} groups, at most ${GROUP_LIMIT} of each at once, ${HANDLERS} handlers`,
  run: ({ server, sizes, candidates }) =>
    inRounds(
      candidates.filter((candidate) => candidate.shapes.includes('groups')),
      sizes.rounds,
      async (candidate) => [
        ...(await onFreshQueue({ server }, candidate, 'groups', (queue) =>
          drainQueue(server, queue, jobsInGroups(sizes.drainedInGroups, GROUPS)),
        )),
        ...(await onFreshQueue({ server }, candidate, 'groups', pressOnLimit)),
      ],
    ),
}

const jobsInGroups = (count: number, groupsUsed: number): Job[] =>
  Array.from({ length: count }, (_, number) => ({ number, group: `group-${number % groupsUsed}` }))

/** Several workers that compete for few groups. Counted in the handlers, which all are in this process: what they see is what ran. */
async function pressOnLimit(queue: Queue): Promise<Sample[]> {
  await queue.addMany(jobsInGroups(STRESS.jobs, STRESS.groups))
  await queue.settle()
  const running = new Map<string, number>()
  const done = Promise.withResolvers<void>()
  let most = 0
  let tooMany = 0
  let handled = 0
  const handle = async ({ group = '' }: Job) => {
    const now = (running.get(group) ?? 0) + 1
    running.set(group, now)
    most = Math.max(most, now)
    if (now > GROUP_LIMIT) tooMany++
    await sleep(STRESS.jobMs)
    running.set(group, (running.get(group) ?? 0) - 1)
    if (++handled === STRESS.jobs) done.resolve()
  }
  const starts = Array.from({ length: STRESS.workers }, () => queue.work(STRESS.handlersOfEach, handle))
  const workers = await Promise.all(starts)
  await Promise.race([done.promise, sleep(GIVE_UP_MS, undefined, { ref: false })])
  await Promise.all(workers.map((worker) => worker.stop()))
  return [
    { label: `starts over the limit, of ${STRESS.jobs} (${STRESS.workers} workers)`, unit: 'count', value: tooMany },
    { label: 'most at once in a group', unit: 'count', value: most },
  ]
}
