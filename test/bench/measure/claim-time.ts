import { FREE_GROUP, GROUP_LIMIT, type Candidate, type Job, type Queue, type Shape } from '../candidates/candidate.ts'
import { onFreshQueue, type Bench, type Figure, type Measurement } from '../measurement.ts'
import { median } from '../statistics.ts'

const LANES = 100
const FULL_GROUPS = 49
const WARM_UP = 3
const CHUNK = 50_000

const LABELS: Record<Shape, string> = {
  plain: 'plain',
  lanes: `FIFO, ${LANES} lanes`,
  groups: `${FULL_GROUPS} of ${FULL_GROUPS + 1} groups full, the last one's jobs behind all others`,
}

/** Not in rounds: what takes the time is filling the tables, and the median of many claims is steady. */
export const claimTime: Measurement = {
  name: 'claim-time',
  title: 'Time of one claim of one job, committed, by how many wait (p50)',
  async run(bench) {
    const figures: Figure[] = []
    for (const shape of Object.keys(LABELS) as Shape[]) {
      for (const candidate of bench.candidates) {
        if (candidate.shapes.includes(shape)) figures.push(...(await timeClaims(bench, candidate, shape)))
      }
    }
    return figures
  },
}

function timeClaims({ server, sizes }: Bench, candidate: Candidate, shape: Shape): Promise<Figure[]> {
  return onFreshQueue({ server }, candidate, shape, async (queue, url) => {
    const figures: Figure[] = []
    let waiting = 0
    for (const size of sizes.waiting) {
      for (; waiting < size; waiting = Math.min(size, waiting + CHUNK)) {
        await queue.addMany(jobs(shape, waiting, Math.min(size, waiting + CHUNK)))
      }
      if (shape === 'groups') {
        if (size === sizes.waiting[0]) await fillGroups(queue)
        await queue.addMany(freeJobs(size, sizes.claims + WARM_UP))
      }
      await server.query({ url }, 'vacuum (analyze)')
      await server.query({ url }, 'checkpoint')
      figures.push({
        label: `${LABELS[shape]}; ${size.toLocaleString('en')} waiting`,
        unit: 'ms',
        candidate: candidate.name,
        rounds: [await medianClaim(queue, shape, sizes.claims)],
      })
    }
    return figures
  })
}

async function medianClaim(queue: Queue, shape: Shape, claims: number): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < WARM_UP + claims; n++) {
    const startedAt = performance.now()
    const claim = await queue.claim()
    if (n >= WARM_UP) took.push(performance.now() - startedAt)
    if (!claim) throw new Error(`claim ${n} of ${WARM_UP + claims} found nothing, although jobs may run`)
    if (shape === 'groups' && claim.job.group !== FREE_GROUP) throw new Error('the groups are not full any more')
    // Else the lanes would run out of jobs that may run.
    await claim.complete()
  }
  return median(took)
}

const jobs = (shape: Shape, from: number, to: number): Job[] =>
  Array.from({ length: to - from }, (_, index) => {
    const number = from + index
    if (shape === 'lanes') return { number, lane: `lane-${number % LANES}` }
    return shape === 'groups' ? { number, group: `full-${number % FULL_GROUPS}` } : { number }
  })

const freeJobs = (from: number, count: number): Job[] =>
  Array.from({ length: count }, (_, index) => ({ number: from + index, group: FREE_GROUP }))

/** Takes all that the groups may run, and keeps it. */
async function fillGroups(queue: Queue) {
  for (let n = 0; n < FULL_GROUPS * GROUP_LIMIT; n++) await queue.claim()
  if (await queue.claim()) throw new Error('the groups were not full: a claim went over the limit')
}
