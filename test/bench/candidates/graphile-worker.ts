import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { POOL_SIZE, type Candidate, type Job, type Queue } from './candidate.ts'
import { loadLibrary } from './load-library.ts'

interface Library {
  Logger: new (make: () => () => void) => object
  makeWorkerUtils(options: object): Promise<Utils>
  run(options: object): Promise<{ stop(): Promise<void> }>
}
interface Utils {
  migrate(): Promise<void>
  addJob(task: string, payload: Job, spec: object): Promise<unknown>
  addJobs(jobs: object[]): Promise<unknown>
  release(): Promise<void>
}
/** Not exported by the package: the statements that its worker runs for each claim and each end. */
interface Internals {
  batchGetJobs(
    options: object,
    withClient: object,
    tasks: object,
    worker: string,
    flags: null,
    size: number,
  ): Promise<ClaimedJob[]>
  batchCompleteJobs(options: object, withClient: object, worker: string, jobs: ClaimedJob[]): Promise<void>
}
interface ClaimedJob {
  id: string
  payload: Job
  job_queue_id: number | null
}

const TASK = 'job'
const BATCH = 1_000
const CLAIMER = 'bench'
const internals = (file: string) =>
  fileURLToPath(new URL(`../node_modules/graphile-worker/dist/sql/${file}`, import.meta.url))

/** It has named queues (lanes) and no limits of groups. */
export const graphileWorker: Candidate = {
  name: 'graphile-worker',
  shapes: ['plain', 'lanes'],
  open: (url) => open(url, {}),
}

/** Its fastest way: jobs are fetched ahead and completed together. What is fetched when the process dies stays locked for four hours. */
export const graphileWorkerBatched: Candidate = {
  name: 'graphile batched',
  shapes: ['plain'],
  open: (url) => open(url, { localQueue: { size: 11 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }),
}

async function open(url: string, settings: object): Promise<Queue> {
  const library = await loadLibrary<Library>('graphile-worker')
  const { batchGetJobs } = await loadLibrary<Pick<Internals, 'batchGetJobs'>>(internals('getJobs.js'))
  const { batchCompleteJobs } = await loadLibrary<Pick<Internals, 'batchCompleteJobs'>>(internals('completeJobs.js'))
  const logger = new library.Logger(() => () => undefined)
  const pgPool = new pg.Pool({ connectionString: url, max: POOL_SIZE })
  pgPool.on('error', () => undefined)
  pgPool.on('connect', (client) => client.on('error', () => undefined))
  const utils = await library.makeWorkerUtils({ pgPool, logger })
  await utils.migrate()
  const claimOptions = {
    escapedWorkerSchema: 'graphile_worker',
    workerSchema: 'graphile_worker',
    resolvedPreset: { worker: { preparedStatements: true, useNodeTime: false } },
    logger,
  }
  const onPool = <T>(work: (client: pg.Pool) => Promise<T>) => work(pgPool)
  const withClient = Object.assign(onPool, { withRetries: onPool })
  return {
    add: async (job) => void (await utils.addJob(TASK, job, queueOf(job))),
    async addMany(jobs) {
      // Within one transaction only run_at keeps the order.
      const start = Date.now() - jobs.length
      for (let from = 0; from < jobs.length; from += BATCH) {
        const batch = jobs.slice(from, from + BATCH)
        await utils.addJobs(
          batch.map((job, index) => ({
            identifier: TASK,
            payload: job,
            runAt: new Date(start + from + index),
            ...queueOf(job),
          })),
        )
      }
    },
    settle: async () => undefined,
    work: (handlers, handle) =>
      library.run({
        pgPool,
        logger,
        noHandleSignals: true,
        parsedCronItems: [],
        taskList: { [TASK]: (payload: Job) => handle(payload) },
        preset: { worker: { concurrentJobs: handlers, pollInterval: 500, ...settings } },
      }),
    async claim() {
      const [job] = await batchGetJobs(claimOptions, withClient, { [TASK]: true }, CLAIMER, null, 1)
      // Not utils.completeJobs: that one is for administrators, and leaves alone what is locked.
      return job && { job: job.payload, complete: () => batchCompleteJobs(claimOptions, withClient, CLAIMER, [job]) }
    },
    async close() {
      await utils.release()
      await pgPool.end()
    },
  }
}

const queueOf = ({ lane }: Job) => (lane === undefined ? {} : { queueName: lane })
