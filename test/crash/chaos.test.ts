/** Real worker processes that are killed all the time: every task ends, once, in order, within the limits. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import type { Database } from '../../src/db/connect.ts'
import { asSystem } from '../../src/db/scope.ts'
import type { Id } from '../../src/lib/ids.ts'
import { findTask, setLimit, type NewTask } from '../../src/tasks/store.ts'
import { enqueue } from '../queue-fixtures.ts'
import { asAdmin, openTestDb } from '../test-db.ts'
import type { EffectInput } from './chaos-worker.ts'

const WORKER = fileURLToPath(new URL('chaos-worker.ts', import.meta.url))
/** For so long, and at least so often: on a busy machine a new worker takes its time. */
const CHAOS_MS = 15_000
const KILLS = 8
const WORKERS = 3
const LIMITS = { org: 6, agent: 5 }
const ORGS = ['org_default', 'org_other'] as const

test('workers are killed all the time, and every task has its effect exactly once', { timeout: 150_000 }, async () => {
  await using db = await openChaosDb()
  await asSystem(db, async (db) => {
    await db.insertInto('orgs').values({ id: 'org_other', slug: 'other', name: 'Other' }).execute()
    await setLimit(db, 'org', '*', LIMITS.org)
    await setLimit(db, 'agent', '*', LIMITS.agent)
  })
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => startWorker(db)))
  const samples = sampleLimits(db)
  const recoveries: Promise<number>[] = []
  const ids: string[] = []

  const end = Date.now() + CHAOS_MS
  const chaos = new AbortController()
  const produce = async () => {
    while (!chaos.signal.aborted) {
      const made = await Promise.all(Array.from({ length: 5 }, () => enqueueEffect(db, chance(ORGS), ids.length)))
      ids.push(...made)
      await sleep(100)
    }
  }
  const kill = async () => {
    while (Date.now() < end || recoveries.length < KILLS) {
      await sleep(500 + Math.random() * 700)
      const victim = workers.splice(Math.floor(Math.random() * workers.length), 1)[0]!
      victim.child.kill('SIGKILL')
      await victim.ended
      recoveries.push(recoveryMs(db, victim.id))
      workers.push(await startWorker(db))
    }
    chaos.abort()
  }
  await Promise.all([produce(), kill()])

  await expect.poll(() => openTasks(db), { timeout: 90_000, interval: 200 }).toBe(0)
  const overTheLimit = await samples.stop()
  await Promise.all(workers.map((worker) => worker.stop()))

  const { rows: tasks } = await system<{ id: string; status: string; effects: number }>(
    db,
    sql`select id, status, (select count(*) from effects where task_id = id) as effects from tasks`,
  )
  expect(tasks.map((task) => task.id).toSorted()).toEqual(ids.toSorted())
  expect(tasks.filter((task) => task.status !== 'completed' || task.effects !== 1)).toEqual([])
  const { rows: outOfOrder } = await system(
    db,
    sql`select * from (select lane, place, lag(place) over (partition by org_id, lane order by number) as before
          from effects join tasks on id = task_id where lane is not null) as line where before > place`,
  )
  expect(outOfOrder).toEqual([])
  expect(overTheLimit).toEqual([])
  expect(samples.count()).toBeGreaterThan(50)

  const tookMs = await Promise.all(recoveries)
  // Noticed by their neighbours, and not by their leases, which run for a minute.
  expect(Math.max(...tookMs)).toBeLessThan(30_000)
  // Or nothing was proven: some died in the middle of their work, and some work had to be done again.
  expect(tookMs.some((ms) => ms > 0)).toBe(true)
  const { rows: crashed } = await system(
    db,
    sql`select from task_events where type = 'state' and data -> 'failure' ->> 'class' = 'crashed'`,
  )
  expect(crashed.length).toBeGreaterThan(0)
})

test('a worker that is asked to stop ends what it can within its time, and hands back the rest', async () => {
  await using db = await openChaosDb()
  const worker = await startWorker(db, 4_000)
  const short = await enqueueEffect(db, 'org_default', 0, { sleepMs: 400, failing: 0 })
  const long = await enqueueEffect(db, 'org_default', 0, { sleepMs: 600_000, failing: 0 })
  // The short one is claimed before it, and on a busy machine may have ended already.
  await expect.poll(() => statusOf(db, long), { timeout: 20_000 }).toBe('running')
  const stopped = worker.stop()
  await expect.poll(() => isDraining(db, worker.id)).toBe(true)
  // It takes nothing new meanwhile.
  const late = await enqueueEffect(db, 'org_default', 0, { sleepMs: 1, failing: 0 })
  expect(await stopped).toBe(0)
  expect(await Promise.all([short, long, late].map((id) => statusOf(db, id)))).toEqual([
    'completed',
    'pending',
    'pending',
  ])
  expect(await asSystem(db, (db) => findTask(db, long))).toMatchObject({ attempt: 1, failures: 0, failure: null })
})

/** With the table of the effects; anybody may write there twice. */
async function openChaosDb() {
  const db = await openTestDb()
  await asAdmin(new URL(db.url).pathname.slice(1), (client) =>
    client.query(`
      create table drover.effects (number bigint generated always as identity, task_id text);
      grant select, insert on drover.effects to drover_system`),
  )
  return db
}

interface Worker {
  id: string
  child: ReturnType<typeof spawn>
  ended: Promise<number | null>
  /** Asks it to stop, and returns its exit code. */
  stop(): Promise<number | null>
}

async function startWorker(db: Database, drainMs = 1_000): Promise<Worker> {
  const child = spawn(process.execPath, [WORKER, db.url, String(drainMs)], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const id = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)))
  })
  return {
    id,
    child,
    ended,
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

async function enqueueEffect(db: Database, orgId: Id<'org'>, n: number, input?: EffectInput): Promise<string> {
  const effect: EffectInput = { sleepMs: 10 + Math.random() * 90, failing: n % 4 === 0 ? 0.3 : 0 }
  const task: Partial<NewTask> = {
    orgId,
    kind: 'effect',
    agent: chance(['claude', 'codex', 'scripted']),
    // By chance and by death a run may fail often.
    maxAttempts: 1_000,
    input: { ...(input ?? effect) },
    ...(input === undefined && Math.random() < 0.5 && { lane: chance(['a', 'b', 'c', 'd', 'e', 'f']) }),
  }
  return (await enqueue(db, task)).id
}

const chance = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)]!

const system = <T>(db: Database, query: ReturnType<typeof sql<T>>) => asSystem(db, (db) => query.execute(db))

const statusOf = async (db: Database, id: string) => (await asSystem(db, (db) => findTask(db, id)))?.status

async function isDraining(db: Database, worker: string): Promise<boolean> {
  const { rows } = await system<{ draining: boolean }>(db, sql`select draining from workers where id = ${worker}`)
  return rows[0]!.draining
}

async function openTasks(db: Database): Promise<number> {
  const { rows } = await system<{ n: number }>(
    db,
    sql`select count(*) as n from tasks where status not in ('completed', 'failed', 'cancelled')`,
  )
  return rows[0]!.n
}

/** How long it takes until nothing is held any more by a worker that has just died. 0: it held nothing. */
async function recoveryMs(db: Database, worker: string): Promise<number> {
  const died = Date.now()
  for (let held = false; ; held = true) {
    const { rows } = await system(db, sql`select from tasks where status = 'running' and worker_id = ${worker}`)
    if (rows.length === 0) return held ? Date.now() - died : 0
    await sleep(50)
  }
}

/** Counts again and again what runs, and keeps what was too much. */
function sampleLimits(db: Database) {
  const over: unknown[] = []
  const stopping = new AbortController()
  let count = 0
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const { rows } = await system(
        db,
        sql`select org_id as key, count(*) as n from tasks where status = 'running' group by 1 having count(*) > ${LIMITS.org}
            union all select agent, count(*) from tasks where status = 'running' group by 1 having count(*) > ${LIMITS.agent}`,
      )
      over.push(...rows)
      count += 1
      await sleep(20)
    }
  })()
  return {
    count: () => count,
    async stop() {
      stopping.abort()
      await running
      return over
    },
  }
}
