import { setTimeout as sleep } from 'node:timers/promises'
import { FREE_GROUP, GROUP_LIMIT, POOL_SIZE, type Candidate, type Job, type Queue, type Shape } from './candidate.ts'
import { loadLibrary } from './load-library.ts'

interface BossJob {
  id: string
  data: Job
}
type Handler = (jobs: BossJob[]) => Promise<unknown>
interface Boss {
  on(event: 'error', heard: (error: Error) => void): void
  start(): Promise<unknown>
  stop(options: object): Promise<void>
  createQueue(name: string, options: object): Promise<void>
  send(name: string, data: Job, options: object): Promise<unknown>
  insert(name: string, jobs: object[]): Promise<unknown>
  work(name: string, options: object, handler: Handler): Promise<string>
  offWork(name: string, options: object): Promise<void>
  fetch(name: string, options: object): Promise<BossJob[]>
  complete(name: string, id: string): Promise<unknown>
}

const QUEUE = 'jobs'
const BATCH = 1_000
/** The count of ready jobs comes from caches that are a second old each. */
const READY_COUNT_IS_FRESH_MS = 2_500
const GROUPS = { groupConcurrency: { default: GROUP_LIMIT, tiers: { [FREE_GROUP]: 1_000_000 } } }

/** One fetch a handler, which is what suits tasks that take minutes. */
export const pgBoss: Candidate = {
  name: 'pg-boss',
  shapes: ['plain', 'lanes', 'groups'],
  open: (url, shape) => open(url, shape, false),
}

/** One fetch for ten jobs: its fastest way, in which the slowest job of a batch holds up the next batch. */
export const pgBossBatched: Candidate = {
  name: 'pg-boss batched',
  shapes: ['plain'],
  open: (url, shape) => open(url, shape, true),
}

async function open(url: string, shape: Shape, batched: boolean): Promise<Queue> {
  const { PgBoss } = await loadLibrary<{ PgBoss: new (options: object) => Boss }>('pg-boss')
  const boss = new PgBoss({
    connectionString: url,
    max: POOL_SIZE,
    useListenNotify: true,
    // The smallest that it allows: with the default of a minute it would neither see a backlog nor a dead worker.
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    queueCacheIntervalSeconds: 1,
    schedule: false,
  })
  let closing = false
  boss.on('error', (error) => {
    if (!closing) console.warn(`pg-boss: ${error.message}`)
  })
  await boss.start()
  await boss.createQueue(QUEUE, {
    policy: shape === 'lanes' ? 'key_strict_fifo' : 'standard',
    notify: true,
    // The smallest. What `claim` takes sends no heartbeats, and groups must stay full for longer.
    ...(shape !== 'groups' && { heartbeatSeconds: 10 }),
    retryLimit: 5,
  })
  return {
    add: async (job) => void (await boss.send(QUEUE, job, optionsOf(job))),
    async addMany(jobs) {
      for (let from = 0; from < jobs.length; from += BATCH) {
        await boss.insert(
          QUEUE,
          jobs.slice(from, from + BATCH).map((job) => ({ data: job, ...optionsOf(job) })),
        )
      }
    },
    settle: () => sleep(READY_COUNT_IS_FRESH_MS),
    async work(handlers, handle) {
      const pace = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 }
      if (batched) await boss.work(QUEUE, { ...pace, ...inBatches(handlers) }, handleBatch(handle))
      else {
        const options = { ...pace, localConcurrency: handlers, batchSize: 1, burstWhenReadyExceeds: 1 }
        await boss.work(QUEUE, { ...options, ...(shape === 'groups' && GROUPS) }, ([job]) =>
          job ? handle(job.data) : Promise.resolve(),
        )
      }
      return { stop: () => boss.offWork(QUEUE, { wait: true }) }
    },
    async claim() {
      const [job] = await boss.fetch(QUEUE, { batchSize: 1, ...(shape === 'groups' && GROUPS) })
      return job && { job: job.data, complete: async () => void (await boss.complete(QUEUE, job.id)) }
    },
    close() {
      closing = true
      return boss.stop({ graceful: false, close: true })
    },
  }
}

const inBatches = (handlers: number) => ({
  localConcurrency: 1,
  batchSize: handlers,
  burstWhenBatchFull: true,
  perJobResults: true,
})

const handleBatch =
  (handle: (job: Job) => Promise<void>): Handler =>
  (jobs) =>
    Promise.all(
      jobs.map(async ({ id, data }) => {
        await handle(data)
        return { id, status: 'completed' }
      }),
    )

const optionsOf = ({ lane, group }: Job) => ({
  ...(lane !== undefined && { singletonKey: lane }),
  ...(group !== undefined && { group: { id: group, ...(group === FREE_GROUP && { tier: FREE_GROUP }) } }),
})
