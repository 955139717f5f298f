/**
 * Hundreds of random steps on the queue, several at once over several connections; after each batch the promises of
 * DESIGN §5 are looked up in the tables. The plan comes from a seed; what the connections make of it does not, so a failure
 * prints what every step answered.
 */
import { CompiledQuery, sql } from 'kysely'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Database } from '../src/db/connect.ts'
import { asSystem, type Db } from '../src/db/scope.ts'
import { appendEvents } from '../src/events/store.ts'
import { codeOf, messageOf } from '../src/lib/errors.ts'
import {
  answerTask,
  cancelTask,
  claimTasks,
  enqueueTask,
  heartbeatTasks,
  holdFence,
  parkTask,
  reapTask,
  requeueTask,
  retryTaskLater,
  saveCheckpoint,
  setLimit,
  settleTask,
} from '../src/tasks/store.ts'
import { isEnded, LeaseLost, runOf, type Run, type Task, type TaskStatus } from '../src/tasks/task.ts'
import { asAdmin, openTestDb } from './test-db.ts'

const ORGS = ['org_a', 'org_b', 'org_c'] as const
const AGENTS = ['claude', 'codex', 'gemini']
const LANES = ['main', 'side', 'deep']
const WORKERS = ['wrk_1', 'wrk_2', 'wrk_3', 'wrk_4']
const LIMITS = { org: 3, agent: 2 }
const CONNECTIONS = 10

/** `pick` chooses among what is there when the step is taken: the plan is made before. */
type Step =
  | {
      do: 'enqueue'
      org: number
      agent: number
      lane: number
      priority: number
      laterMs: number
      child: boolean
      pick: number
    }
  | { do: 'claim'; worker: number; count: number; leaseSeconds: number }
  | { do: 'end'; how: End; pick: number; stale: boolean }
  | { do: 'events' | 'checkpoint'; pick: number; stale: boolean; count: number }
  | { do: 'answer' | 'cancel' | 'requeue' | 'expire'; pick: number }
  | { do: 'heartbeat'; worker: number }
  | { do: 'reap' | 'makeDue' }
const ENDS = [
  'completed',
  'failed',
  'cancelled',
  'retry',
  'retryAtOnce',
  'handBack',
  'input',
  'children',
  'limit',
] as const
type End = (typeof ENDS)[number] | 'completedUnderFence'

const pick = fc.nat({ max: 9_999 })
const stale = fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) })
const end = fc.constantFrom<End>(...ENDS, 'completed', 'completed', 'completedUnderFence', 'completedUnderFence')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 11,
    arbitrary: fc.record({
      do: fc.constant('enqueue' as const),
      org: fc.nat({ max: ORGS.length - 1 }),
      agent: fc.nat({ max: AGENTS.length - 1 }),
      // Beyond the last: no lane.
      lane: fc.nat({ max: LANES.length + 1 }),
      priority: fc.constantFrom(50, 100, 100, 200),
      laterMs: fc.constantFrom(0, 0, 0, -60_000, 60_000),
      child: fc.boolean(),
      pick,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      worker: fc.nat({ max: WORKERS.length - 1 }),
      count: fc.integer({ min: 1, max: 5 }),
      leaseSeconds: fc.constantFrom(60, 60, 60, 0),
    }),
  },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('end' as const), how: end, pick, stale }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('events' as const, 'checkpoint' as const),
      pick,
      stale,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('answer', 'cancel', 'requeue', 'requeue', 'expire'), pick }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('heartbeat' as const), worker: fc.nat({ max: WORKERS.length - 1 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('reap' as const, 'makeDue' as const) }) },
)
const plan = fc.array(fc.array(step, { minLength: 2, maxLength: CONNECTIONS }), { minLength: 25, maxLength: 40 })

/** Plays random plans, each on a database of its own. Returns what was wrong in the first that broke a promise. */
async function findBroken({
  numRuns,
  bug = 'select',
  toTheEnd = false,
}: {
  numRuns: number
  bug?: string
  toTheEnd?: boolean
}): Promise<string | undefined> {
  const { failed, seed, errorInstance } = await fc.check(
    fc.asyncProperty(plan, async (batches) => {
      await using db = await openTestDb({ poolSize: CONNECTIONS })
      await asAdmin(new URL(db.url).pathname.slice(1), (client) => client.query(`set search_path = drover; ${bug}`))
      const model = await createModel(db)
      for (const batch of batches) {
        const sampled = sampleLimits(db)
        await Promise.all(batch.map((one) => model.take(one)))
        model.assert([...(await sampled.stop()), ...(await brokenPromises(db)), ...(await model.lost())])
      }
      if (toTheEnd) await drain(db, model)
    }),
    { numRuns, endOnFailure: true },
  )
  return failed ? `seed ${seed}: ${messageOf(errorInstance)}` : undefined
}

test('whatever many do at once, lanes, order, limits, fence and log hold, and everything ends', async () => {
  expect(await findBroken({ numRuns: 8, toTheEnd: true })).toBeUndefined()
}, 180_000)

/** A bug, and what the check must say of it. */
const PLANTED: [bug: string, complaint: RegExp, sql: string][] = [
  [
    'two tasks of one lane run at once',
    /has \d+ admitted tasks/,
    `drop index one_admitted_task_per_lane;
     create or replace function lane_is_busy(p_org text, p_lane text) returns boolean language sql as 'select false'`,
  ],
  [
    'the lane is not locked, so that two that come at once are both let in',
    /one_admitted_task_per_lane|none that will let them in/,
    `create or replace function lock_lane(p_org text, p_lane text) returns void language sql as ''`,
  ],
  [
    'an ended task leaves its lane closed',
    // Or who comes into the lane later finds it free, and begins first.
    /queued tasks, and none that will let them in|which is in front of it/,
    `create or replace function open_lane(p_org text, p_lane text) returns void language sql as ''`,
  ],
  [
    'a lane lets in who came last',
    /which is in front of it/,
    `create or replace function open_lane(p_org text, p_lane text) returns void language sql as
       'update tasks set status = ''pending'' where p_lane is not null and not lane_is_busy(p_org, p_lane)
           and id = (select id from tasks where org_id = p_org and lane = p_lane and status = ''queued'' order by place desc limit 1)'`,
  ],
  [
    'two workers that claim at once exceed a limit',
    /(org|agent) \w+ has \d+ running/,
    `do $$ begin execute replace(pg_get_functiondef('claim_tasks'::regproc), 'perform pg_advisory_xact_lock(7231002)', 'perform pg_sleep(0.05)'); end $$`,
  ],
  [
    'a late worker ends the run of another',
    /though it was over/,
    `do $$ begin execute replace(pg_get_functiondef('hold_fence'::regproc), 'and attempt = p_attempt', ''); end $$`,
  ],
  [
    'a change of state is not in the log',
    /the log of \w+ has/,
    `create or replace function log_state_change() returns trigger language plpgsql as
       'begin new.last_event := old.last_event + 1; return new; end'`,
  ],
  [
    'a cancel is forgotten when the run ends badly',
    /was cancelled and goes on/,
    `do $$ begin execute replace(pg_get_functiondef('leave_running'::regproc), 'if t.cancel_requested', 'if false'); end $$`,
  ],
]

test.each(PLANTED)(
  'the check finds it when %s',
  async (_, complaint, bug) => {
    expect(await findBroken({ numRuns: 30, bug })).toMatch(complaint)
  },
  120_000,
)

/** What the steps did, and what must therefore be so. */
async function createModel(db: Database) {
  const tasks = new Map<string, Task>()
  const runs: Run[] = []
  const ended = new Set<Run>()
  const requeued = new Set<string>()
  const said: string[] = []
  const wrong: string[] = []
  await asSystem(db, async (db) => {
    await db
      .insertInto('orgs')
      .values(ORGS.map((id) => ({ id, slug: id, name: id })))
      .execute()
    await setLimit(db, 'org', '*', LIMITS.org)
    await setLimit(db, 'agent', '*', LIMITS.agent)
  })
  const among = <T>(all: readonly T[], pick: number): T | undefined => all[pick % all.length]
  /** One of the newest: several steps of a batch are to meet at one task. */
  const someTask = (n: number) => among([...tasks.keys()].slice(-12), n)

  /** The newest run of a task, or, when `late` is asked for, one that is surely over. */
  const someRun = (n: number, late: boolean) => {
    const newest = new Map(runs.map((run) => [run.taskId, run]))
    return among(
      runs.filter((run) => (newest.get(run.taskId) !== run || ended.has(run)) === late),
      n,
    )
  }
  /** What a write under the fence answered must fit the fence. */
  const judge = (run: Run, late: boolean, accepted: boolean) => {
    if (late && accepted) wrong.push(`a write of attempt ${run.attempt} of ${run.taskId} was taken, though it was over`)
    return accepted ? 'taken' : 'refused'
  }

  async function act(one: Step): Promise<unknown> {
    switch (one.do) {
      case 'enqueue': {
        const parent = one.child ? among([...tasks.values()].slice(-12), one.pick) : undefined
        const lane = LANES[one.lane]
        const task = await asSystem(db, (db) =>
          enqueueTask(db, {
            orgId: parent?.orgId ?? ORGS[one.org]!,
            agent: AGENTS[one.agent]!,
            title: 't',
            prompt: 'p',
            priority: one.priority,
            maxAttempts: 3,
            ...(lane !== undefined && { lane }),
            ...(one.laterMs !== 0 && { runAt: new Date(Date.now() + one.laterMs) }),
            ...(parent !== undefined && { parentId: parent.id }),
          }),
        ).catch((error: unknown) => {
          // A child in its parent's lane.
          if (codeOf(error) === '23514') return undefined
          throw error
        })
        if (task) tasks.set(task.id, task)
        return task?.id
      }
      case 'claim': {
        const claimed = await asSystem(db, (db) =>
          claimTasks(db, {
            id: WORKERS[one.worker]!,
            type: 'general',
            count: one.count,
            leaseSeconds: one.leaseSeconds,
          }),
        )
        if (claimed.length > one.count) wrong.push(`${claimed.length} tasks for ${one.count} asked for`)
        for (const task of claimed) runs.push(runOf(task))
        return claimed.map((task) => `${task.id}#${task.attempt}`)
      }
      case 'end': {
        const run = someRun(one.pick, one.stale)
        if (!run) return undefined
        const late = one.stale || ended.has(run)
        const accepted = (await endRun(db, run, one.how)) !== null
        if (accepted) ended.add(run)
        return judge(run, late, accepted)
      }
      case 'events':
      case 'checkpoint': {
        const run = someRun(one.pick, one.stale)
        if (!run) return undefined
        const write = async (db: Db): Promise<unknown> =>
          one.do === 'checkpoint'
            ? saveCheckpoint(db, run, { n: one.pick })
            : appendEvents(
                db,
                run,
                Array.from({ length: one.count }, () => ({ type: 'step', text: 'x' })),
              )
        const late = one.stale || ended.has(run)
        return judge(run, late, await asSystem(db, write).then(() => true, refused))
      }
      case 'requeue': {
        const id = someTask(one.pick)
        if (id === undefined) return undefined
        const became = await asSystem(db, (db) => requeueTask(db, id))
        if (became !== null) requeued.add(id)
        return became
      }
      case 'answer':
      case 'cancel': {
        const id = someTask(one.pick)
        return id && asSystem(db, (db) => (one.do === 'answer' ? answerTask(db, id, 1) : cancelTask(db, id)))
      }
      case 'expire': {
        const id = someTask(one.pick)
        return asSystem(db, (db) =>
          sql`update tasks set lease_expires_at = now() - interval '1 s' where id = ${id} and status = 'running'`.execute(
            db,
          ),
        ).then(() => id)
      }
      case 'heartbeat':
        return (await asSystem(db, (db) => heartbeatTasks(db, WORKERS[one.worker]!, 60))).length
      case 'reap':
        return asSystem(db, reapTask)
      case 'makeDue':
        return asSystem(db, (db) =>
          sql`update tasks set run_at = now() where id in
                (select id from tasks where status in ('scheduled', 'waiting') for update skip locked)`.execute(db),
        ).then(() => 'ok')
    }
  }

  return {
    async take(one: Step) {
      // None of these may fail, least of all by a deadlock: what they may answer, they answer.
      const answer = await act(one).catch((error: unknown) => {
        wrong.push(`${one.do} failed: ${messageOf(error)}`)
        return messageOf(error)
      })
      said.push(`${JSON.stringify(one)} -> ${JSON.stringify(answer)}`)
      return answer
    },
    /** Enqueued, and not there any more; or, never sent again by a person, not in the order of its lane. */
    async lost() {
      const there = await allTasks(db)
      const ids = new Set(there.map((task) => task.id))
      const problems = [...tasks.keys()].filter((id) => !ids.has(id)).map((id) => `${id} is lost`)
      const lanes = Map.groupBy(
        there.filter((task) => task.lane !== null && !requeued.has(task.id)),
        (task) => `${task.org_id}/${task.lane}`,
      )
      for (const [lane, line] of lanes) {
        // Who began later stands later: nobody starts before the one in front of him has started or was cancelled.
        let open: (typeof line)[number] | undefined
        for (const task of line.toSorted((a, b) => a.place - b.place)) {
          if (open && task.attempt > 0)
            problems.push(`${lane}: ${task.id} started before ${open.id}, which is in front of it`)
          if (task.attempt === 0 && !isEnded(task.status)) open ??= task
        }
      }
      return problems
    },
    assert(problems: string[]) {
      problems.push(...wrong)
      if (problems.length > 0) throw new Error(`${problems.join('\n')}\n\nafter:\n${said.slice(-60).join('\n')}`)
    },
    count: () => tasks.size,
  }
}

async function endRun(db: Database, run: Run, how: End): Promise<TaskStatus | null> {
  const failure = { class: 'network', message: 'm' } as const
  return asSystem(db, async (db) => {
    switch (how) {
      case 'completedUnderFence':
        await holdFence(db, run)
        // As a real end does, which writes messages, usage and events here.
        await sql`select pg_sleep(0.01)`.execute(db)
        return settleTask(db, run, 'completed', {})
      case 'completed':
      case 'failed':
      case 'cancelled':
        return settleTask(db, run, how, {})
      case 'retry':
        return retryTaskLater(db, run, { failure, delayMs: 60_000, counts: true })
      case 'retryAtOnce':
        return retryTaskLater(db, run, { failure, delayMs: 0, counts: true })
      case 'handBack':
        return retryTaskLater(db, run, { delayMs: 0, counts: false })
      case 'input':
      case 'children':
        return parkTask(db, run, how)
      case 'limit':
        return parkTask(db, run, 'limit', { until: new Date(Date.now() + 60_000), failure })
    }
  }).catch((error: unknown) => {
    refused(error)
    return null
  })
}

/** False for the fence's no; all else is thrown on. */
function refused(error: unknown): false {
  if (error instanceof LeaseLost) return false
  throw error
}

interface TaskLine {
  id: string
  org_id: string
  lane: string | null
  place: number
  attempt: number
  status: TaskStatus
}

async function allTasks(db: Database): Promise<TaskLine[]> {
  return asSystem(db, async (db) => {
    const query = `select id, org_id, lane, place, attempt, status from tasks`
    return (await db.executeQuery<TaskLine>(CompiledQuery.raw(query))).rows
  })
}

/** The promises that one look at the tables can check; a sentence for each that is broken. */
async function brokenPromises(db: Database): Promise<string[]> {
  const query = `
    with admitted as (
      select org_id, lane, count(*) as n from tasks where status in ('scheduled', 'pending', 'running', 'waiting') group by 1, 2)
    select format('%s/%s has %s admitted tasks', org_id, lane, n) as broken from admitted where lane is not null and n > 1
    union all
    select distinct format('%s/%s has queued tasks, and none that will let them in', t.org_id, t.lane) from tasks t
     where status = 'queued' and not exists (select from admitted a where a.org_id = t.org_id and a.lane = t.lane)
    union all
    select format('%s runs without an attempt, a lease or a worker', id) from tasks
     where status = 'running' and (attempt < 1 or lease_expires_at is null or worker_id is null)
    union all
    select format('%s was cancelled and goes on as %s', id, status) from tasks
     where cancel_requested and status not in ('running', 'completed', 'failed', 'cancelled')
    union all
    select format('the log of %s has %s events from %s to %s, its last is %s', id, count(seq), min(seq), max(seq), last_event)
      from tasks left join task_events on task_id = id
     group by id having count(seq) <> last_event or min(seq) <> 1 or max(seq) <> last_event
    union all
    select format('the log of %s says %s, the task is %s', id, data ->> 'to', status)
      from tasks, lateral (select data from task_events where task_id = id and type = 'state' order by seq desc limit 1) e
     where data ->> 'to' <> status
    union all ${OVER_THE_LIMIT}`
  const { rows } = await asSystem(db, (db) => db.executeQuery<{ broken: string }>(CompiledQuery.raw(query)))
  return rows.map((row) => row.broken)
}

const OVER_THE_LIMIT = `
    select format('org %s has %s running', org_id, count(*)) as broken from tasks where status = 'running' group by org_id having count(*) > ${LIMITS.org}
    union all
    select format('agent %s has %s running', agent, count(*)) from tasks where status = 'running' group by agent having count(*) > ${LIMITS.agent}`

/** Looks at the limits again and again while others work. */
function sampleLimits(db: Database) {
  const stopping = new AbortController()
  const found = new Set<string>()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const { rows } = await asSystem(db, (db) =>
        db.executeQuery<{ broken: string }>(CompiledQuery.raw(OVER_THE_LIMIT)),
      )
      for (const row of rows) found.add(row.broken)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await running
      return [...found]
    },
  }
}

/** Ends everything by fair means: each round all is due, answered, claimed and completed. */
async function drain(db: Database, model: Awaited<ReturnType<typeof createModel>>) {
  for (let round = 0; round < 50 + model.count(); round++) {
    const open = (await allTasks(db)).filter((task) => !isEnded(task.status))
    if (open.length === 0) return
    await asSystem(db, (db) =>
      sql`update tasks set run_at = now() where status in ('scheduled', 'waiting')`.execute(db),
    )
    await asSystem(db, (db) =>
      sql`update tasks set lease_expires_at = now() - interval '1 s' where status = 'running'`.execute(db),
    )
    while (await asSystem(db, reapTask)) continue
    for (const task of open) await asSystem(db, (db) => answerTask(db, task.id, 'go on'))
    const claimed = await Promise.all(
      WORKERS.map((id) => asSystem(db, (db) => claimTasks(db, { id, type: 'general', count: 5, leaseSeconds: 60 }))),
    )
    await Promise.all(claimed.flat().map((task) => endRun(db, runOf(task), 'completedUnderFence')))
    model.assert(await brokenPromises(db))
  }
  throw new Error(`these never end: ${JSON.stringify((await allTasks(db)).filter((task) => !isEnded(task.status)))}`)
}
