import { sql } from 'kysely'
import { hostname } from 'node:os'
import { openDatabase, type Database } from '../../../src/db/connect.ts'
import { asOrg, asSystem, onceAsSystem } from '../../../src/db/scope.ts'
import { newId } from '../../../src/lib/ids.ts'
import { createLog } from '../../../src/lib/log.ts'
import { DEFAULT_ORG } from '../../../src/orgs/org.ts'
import { claimTasks, enqueueTask, setLimit, settleTask } from '../../../src/tasks/store.ts'
import { runOf } from '../../../src/tasks/task.ts'
import { startWorkerPool } from '../../../src/worker/pool.ts'
import { startUpkeep } from '../../../src/worker/upkeep.ts'
import type { Workspaces } from '../../../src/workspaces/workspace.ts'
import { FREE_GROUP, GROUP_LIMIT, POOL_SIZE, type Candidate, type Job } from './candidate.ts'

/** The default of DROVER_LEASE_SECONDS. */
export const LEASE_SECONDS = 6
const BATCH = 5_000
const NO_LIMIT = 1_000_000
const log = createLog({ level: 'silent', pretty: false, secrets: {} })

/** A lane is a lane; a group is an agent with a limit. */
export const drover: Candidate = {
  name: 'drover',
  shapes: ['plain', 'lanes', 'groups'],
  async open(url, shape) {
    const database = await openDatabase({ url, folder: '/nowhere', poolSize: POOL_SIZE, onWarning: console.warn })
    if (shape === 'groups') {
      await asSystem(database, async (db) => {
        await setLimit(db, 'agent', '*', GROUP_LIMIT)
        await setLimit(db, 'agent', FREE_GROUP, NO_LIMIT)
      })
    }
    return {
      add: (job) => add(database, job),
      addMany: (jobs) => addMany(database, jobs),
      settle: async () => undefined,
      work: (handlers, handle) => work(database, handlers, handle),
      async claim() {
        const [task] = await onceAsSystem(database, (db) =>
          claimTasks(db, { id: 'wrk_bench', type: 'general', count: 1, leaseSeconds: 3_600 }),
        )
        if (!task) return undefined
        return {
          job: task.input as unknown as Job,
          complete: async () =>
            void (await onceAsSystem(database, (db) => settleTask(db, runOf(task), 'completed', {}))),
        }
      },
      close: () => database.close(),
    }
  },
}

async function add(database: Database, job: Job) {
  await asOrg(database, DEFAULT_ORG, (db) =>
    enqueueTask(db, {
      orgId: DEFAULT_ORG,
      agent: job.group ?? 'scripted',
      title: `Job ${job.number}`,
      prompt: `Do job ${job.number}`,
      input: { ...job },
      ...(job.lane !== undefined && { lane: job.lane }),
    }),
  )
}

/** The product enqueues one by one. This goes through the same triggers, many rows a statement. */
async function addMany(database: Database, jobs: readonly Job[]) {
  for (let from = 0; from < jobs.length; from += BATCH) {
    const batch = jobs.slice(from, from + BATCH)
    await asOrg(database, DEFAULT_ORG, (db) =>
      sql`
        insert into tasks (id, org_id, agent, title, prompt, lane, input)
        select j.id, ${DEFAULT_ORG}, j.agent, 'Job', 'Do it', j.lane, j.input::jsonb
          from unnest(${batch.map(() => newId('task'))}::text[], ${batch.map((job) => job.group ?? 'scripted')}::text[],
                      ${batch.map((job) => job.lane ?? null)}::text[], ${batch.map((job) => JSON.stringify(job))}::text[])
               with ordinality as j (id, agent, lane, input, n) order by j.n`.execute(db),
    )
  }
}

/** The worker's own stages, as startService runs them: the pool, and upkeep beside it. */
async function work(database: Database, handlers: number, handle: (job: Job) => Promise<void>) {
  const pool = await startWorkerPool(
    {
      database,
      log,
      kinds: {
        async agent({ task }) {
          await handle(task.input as unknown as Job)
          return { type: 'settle', status: 'completed' }
        },
      },
    },
    {
      types: ['general'],
      concurrency: handlers,
      version: 'bench',
      leaseSeconds: LEASE_SECONDS,
      pollMs: 500,
      drainMs: 1_000,
    },
  )
  // No conversation here has a folder, so the part of upkeep that cleans folders never calls it.
  const workspaces = {} as Workspaces
  const upkeep = startUpkeep({ database, log, workspaces, host: hostname(), workspaceIdleDays: 7 })
  return {
    async stop() {
      await upkeep.stop()
      await pool.stop()
    },
  }
}
