import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { claim, enqueue } from '../../test/queue-fixtures.ts'
import { asAdmin, openTestDb, type TestDatabase } from '../../test/test-db.ts'
import type { Spend } from '../agents/driver.ts'
import { addCodebase } from '../codebases/store.ts'
import { asOrg, asSystem, type Db } from '../db/scope.ts'
import { openConversation } from '../conversations/store.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { createApiKey } from '../orgs/store.ts'
import { parkTask, recordUsage, retryTaskLater, settleTask } from '../tasks/store.ts'
import { runOf, type Task } from '../tasks/task.ts'
import type { BudgetTerms } from './budget.ts'
import {
  checkBudgets,
  listBudgets,
  listUsage,
  recordModelCall,
  removeBudget,
  setBudget,
  sumCallsOfRun,
} from './store.ts'
import type { ModelCall, UsageBy } from './usage.ts'

const NOTHING: Spend = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  usd: null,
  basis: 'unknown',
}
const asAgentSays = (usd: number): Spend => ({ ...NOTHING, inputTokens: 7, usd, basis: 'agent' })

/** A call of 16 tokens for 25 cents. */
const callOf = (task: Task, changed: Partial<ModelCall> = {}): ModelCall => ({
  ...runOf(task),
  vendor: 'anthropic',
  model: 'opus',
  inputTokens: 10,
  outputTokens: 5,
  cacheReadTokens: 1,
  cacheWriteTokens: 0,
  reasoningTokens: 4,
  usd: 0.25,
  ...changed,
})

const record = (database: TestDatabase, task: Task, changed: Partial<ModelCall> = {}) =>
  asSystem(database, (db) => recordModelCall(db, callOf(task, changed)))

const endRun = (database: TestDatabase, task: Task, spend = NOTHING) =>
  asSystem(database, async (db) => {
    await recordUsage(db, task, spend)
    return settleTask(db, runOf(task), 'completed', {})
  })

async function claimOne(database: TestDatabase): Promise<Task> {
  const [task] = await claim(database)
  if (!task) throw new Error('nothing to claim')
  return task
}

const start = async (database: TestDatabase, changed: Parameters<typeof enqueue>[1] = {}) => {
  await enqueue(database, changed)
  return claimOne(database)
}

const set = (database: TestDatabase, terms: Partial<BudgetTerms>) =>
  asOrg(database, DEFAULT_ORG, (db) =>
    setBudget(db, DEFAULT_ORG, {
      scope: 'org',
      key: null,
      period: 'total',
      maxUsd: null,
      maxCalls: null,
      maxTokens: null,
      ...terms,
    }),
  )
const check = (database: TestDatabase, task: Task) => asSystem(database, (db) => checkBudgets(db, task))
const spentOf = async (database: TestDatabase) => {
  const budgets = await asOrg(database, DEFAULT_ORG, (db) => listBudgets(db, DEFAULT_ORG))
  return budgets.map(({ spent }) => spent)
}
const since = (database: TestDatabase, by: UsageBy) =>
  asOrg(database, DEFAULT_ORG, (db) => listUsage(db, DEFAULT_ORG, { by, from: new Date(0) }))

test('the usage of a run is the sum of its calls, whatever the agent says of itself', async () => {
  await using db = await openTestDb()
  const task = await start(db)
  await record(db, task)
  await record(db, task, { model: 'haiku', usd: 0.000_000_4 })
  const expected = { inputTokens: 20, outputTokens: 10, cacheReadTokens: 2, cacheWriteTokens: 0, reasoningTokens: 8 }
  expect(await asSystem(db, (db) => sumCallsOfRun(db, runOf(task)))).toEqual({
    ...expected,
    usd: 0.250_000_4,
    basis: 'priced',
  })
  await endRun(db, task, asAgentSays(99))
  const [row] = await asSystem(db, (db) => db.selectFrom('usage').selectAll().execute())
  expect(row).toMatchObject({
    metered: true,
    calls: 2,
    unpriced_calls: 0,
    basis: 'priced',
    usd: '0.250000',
    tokens: 32,
  })
  expect(await asSystem(db, (db) => sumCallsOfRun(db, { ...runOf(task), attempt: 9 }))).toBeUndefined()
})

test('a run without calls keeps what its agent said', async () => {
  await using db = await openTestDb()
  await endRun(db, await start(db), asAgentSays(3))
  const [row] = await asSystem(db, (db) => db.selectFrom('usage').selectAll().execute())
  expect(row).toMatchObject({ metered: false, calls: null, unpriced_calls: null, basis: 'agent', usd: '3.000000' })
})

test('a run with a call without a price has no price, and the priced part is not lost', async () => {
  await using db = await openTestDb()
  const task = await start(db)
  await record(db, task)
  await record(db, task, { usd: null })
  expect(await asSystem(db, (db) => sumCallsOfRun(db, runOf(task)))).toMatchObject({ usd: null, basis: 'unknown' })
  await set(db, { maxUsd: 1 })
  const during = await spentOf(db)
  expect(during).toEqual([{ calls: 2, tokens: 32, usd: 0.25, unpriced: 1 }])
  await endRun(db, task)
  expect(await spentOf(db)).toEqual(during)
})

test('runs that are open, ended, parallel, lost and not metered are all in the sum, each once', async () => {
  await using db = await openTestDb()
  await set(db, { maxCalls: 1_000 })
  await set(db, { maxCalls: 1_000, period: 'day' })
  const expectSpent = async (calls: number, tokens: number, usd: number) => {
    const one = { calls, tokens, usd, unpriced: 0 }
    expect(await spentOf(db)).toEqual([one, one])
    expect((await since(db, 'day')).total).toMatchObject({ calls, usd })
  }
  await expectSpent(0, 0, 0)
  const ended = await start(db)
  const open = await start(db)
  await Promise.all([ended, open, ended].map((task) => record(db, task)))
  await expectSpent(3, 48, 0.75)
  await endRun(db, ended)
  await expectSpent(3, 48, 0.75)
  // A call that was under way when its run ended.
  await record(db, ended)
  await expectSpent(4, 64, 1)
  await endRun(db, await start(db), asAgentSays(2))
  await expectSpent(4, 71, 3)
  // A lost run leaves its calls and no row of its own; the run after it sums both.
  const lost = await start(db)
  await record(db, lost)
  await asSystem(db, (db) => retryTaskLater(db, runOf(lost), { delayMs: 0, counts: true }))
  await expectSpent(5, 87, 3.25)
  const again = await claimOne(db)
  expect(again).toMatchObject({ id: lost.id, attempt: 2 })
  await record(db, again)
  await endRun(db, again, asAgentSays(50))
  await expectSpent(6, 103, 3.5)
  const [row] = await asSystem(db, (db) => db.selectFrom('usage').selectAll().where('task_id', '=', lost.id).execute())
  expect(row).toMatchObject({ attempt: 2, calls: 2 })
})

test('a budget counts what is under it, and nothing else', async () => {
  await using db = await openTestDb()
  const { codebase, conversation } = await asOrg(db, DEFAULT_ORG, async (db) => {
    const codebase = await addCodebase(db, { orgId: DEFAULT_ORG, name: 'app', url: '/srv/app', defaultBranch: 'main' })
    const inIt = { orgId: DEFAULT_ORG, title: 't', codebaseId: codebase.id, agent: 'scripted' }
    return { codebase, conversation: await openConversation(db, inIt) }
  })
  const conversationId = conversation.id
  const codebaseId = codebase.id
  const first = await start(db, { conversationId, codebaseId })
  const second = await start(db, { codebaseId, agent: 'aider' })
  const third = await start(db, { conversationId, codebaseId })
  const elsewhere = await start(db)
  for (const task of [first, first, second, third, elsewhere]) await record(db, task)
  await endRun(db, first)
  await endRun(db, elsewhere, asAgentSays(1))
  const keys = [
    ['org', null, 5],
    ['codebase', codebaseId, 4],
    ['conversation', conversationId, 3],
    ['agent', 'aider', 1],
    ['task', first.id, 2],
    ['task', third.id, 1],
  ] as const
  for (const [scope, key, calls] of keys) {
    for (const period of ['total', 'day'] as const) {
      const { spent } = await set(db, { scope, key, period, maxCalls: 100 })
      expect([scope, period, spent.calls]).toEqual([scope, period, calls])
    }
  }
  // What touches a task: of twelve, not those of other tasks and agents.
  await set(db, { scope: 'agent', key: 'aider', maxCalls: 1 })
  await set(db, { scope: 'task', key: third.id, maxCalls: 1 })
  expect(await check(db, first)).toEqual({})
  expect((await check(db, third)).refusal?.budget).toMatchObject({ scope: 'task', key: third.id })
  expect((await check(db, second)).refusal?.budget).toMatchObject({ scope: 'agent', key: 'aider' })
  await set(db, { scope: 'codebase', key: codebaseId, maxTokens: 64 })
  expect((await check(db, first)).refusal?.sentence).toBe(
    'The budget of 64 tokens for the codebase app is spent (64 of 64). Raise it and the work goes on by itself: drover budget set --codebase app --tokens 128',
  )
  expect(await check(db, elsewhere)).toEqual({})
})

test('a warning comes from 80 %, a refusal at the end, and another org has no part in it', async () => {
  await using db = await openTestDb()
  await asSystem(db, (db) => sql`insert into orgs (id, slug, name) values ('org_other', 'other', 'Other')`.execute(db))
  const stranger = await start(db, { orgId: 'org_other' })
  for (let n = 0; n < 9; n++) await record(db, stranger)
  const task = await start(db)
  await set(db, { maxCalls: 5 })
  for (const expected of [{}, {}, {}, {}]) {
    expect(await check(db, task)).toEqual(expected)
    await record(db, task)
  }
  expect((await check(db, task)).warning?.sentence).toContain('80 % of the budget of 5 model calls for the whole org')
  await record(db, task)
  expect(await check(db, task)).toMatchObject({ refusal: { sentence: expect.stringContaining('(5 of 5)') } })
  expect(await check(db, stranger)).toEqual({})
})

/** The last moment of yesterday, or the first of today, as UTC has it. */
const moveCalls = (db: Db, task: Task, model: string, moment: 'yesterday' | 'today') =>
  sql`update model_calls set at = date_trunc('day', now(), 'UTC') - ${moment === 'today' ? 0 : 1} * interval '1 microsecond'
       where task_id = ${task.id} and model = ${model}`.execute(db)

test('a day is one in UTC, in whatever zone the session is, and each call counts on its own', async () => {
  await using db = await openTestDb()
  const task = await start(db)
  await set(db, { maxCalls: 2, period: 'day' })
  for (const model of ['late', 'early', 'now']) await record(db, task, { model })
  for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/New_York']) {
    // One transaction is one moment: no midnight comes in between.
    await asSystem(db, async (db) => {
      await sql`select set_config('timezone', ${zone}, true)`.execute(db)
      await moveCalls(db, task, 'late', 'yesterday')
      await moveCalls(db, task, 'early', 'today')
      await sql`update model_calls set at = now() where model = 'now'`.execute(db)
      const { refusal } = await checkBudgets(db, task)
      const { rows } = await sql<{ now: Date }>`select now()`.execute(db)
      const [day = ''] = (rows[0]?.now ?? new Date(0)).toISOString().split('T')
      expect(refusal?.sentence).toContain('a day for the whole org is spent (2 of 2). It begins anew at 00:00 UTC.')
      expect(refusal?.until).toEqual(new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000))
      const { rows: days, total } = await listUsage(db, DEFAULT_ORG, { by: 'day', from: new Date(0) })
      const yesterday = new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10)
      expect(days.map(({ key, calls }) => [key, calls])).toEqual([
        [yesterday, 1],
        [day, 2],
      ])
      expect(total.calls).toBe(3)
      // The run ends today: what it spent yesterday stays there.
      await recordUsage(db, task, NOTHING)
      expect((await listBudgets(db, DEFAULT_ORG))[0]?.spent.calls).toBe(2)
      await sql`delete from usage`.execute(db)
      await sql`update model_calls set summed = false`.execute(db)
    })
  }
})

async function parkForBudget(database: TestDatabase, task: Task) {
  const { refusal } = await check(database, task)
  if (!refusal) throw new Error('nothing was refused')
  const failure = { class: 'budget', message: refusal.sentence } as const
  const until = refusal.until ?? new Date('9999-01-01T00:00:00Z')
  return asSystem(database, (db) => parkTask(db, runOf(task), 'limit', { until, failure }))
}

/** A task that has made two calls, and waits for a budget of two. */
async function waitForBudget(database: TestDatabase, period: 'total' | 'day' = 'total') {
  const { id } = await set(database, { maxCalls: 2, period })
  const task = await start(database, { workerType: 'general' })
  await record(database, task)
  await record(database, task)
  expect(await parkForBudget(database, task)).toBe('waiting')
  expect(await claim(database)).toEqual([])
  return { task, budgetId: id }
}

test.each(['total', 'day'] as const)(
  'what waits for a budget (%s) goes on when it is raised, and a worker is told',
  async (period) => {
    await using db = await openTestDb()
    const { task } = await waitForBudget(db, period)
    const woken = new Promise((resolve) => db.listener.on('drover_wake', resolve))
    await set(db, { maxCalls: 2, period })
    await set(db, { maxCalls: 1, period })
    expect(await claim(db)).toEqual([])
    await set(db, { maxCalls: 4, period })
    expect(await woken).toBe('general')
    expect(await claim(db)).toMatchObject([{ id: task.id, attempt: 2 }])
    expect(await check(db, task)).toEqual({})
  },
)

test('what waits goes on when its budget is removed, or loses the limit that was reached', async () => {
  await using db = await openTestDb()
  const { task, budgetId } = await waitForBudget(db)
  await set(db, { maxTokens: 1_000_000 })
  const again = await claimOne(db)
  expect(again.id).toBe(task.id)
  await set(db, { maxCalls: 2 })
  await parkForBudget(db, again)
  expect(await asOrg(db, DEFAULT_ORG, (db) => removeBudget(db, budgetId))).toBe(true)
  expect((await claimOne(db)).id).toBe(task.id)
  expect(await asOrg(db, DEFAULT_ORG, (db) => removeBudget(db, budgetId))).toBe(false)
})

test('what waits for something else, and what waits in another org, stays where it is', async () => {
  await using db = await openTestDb()
  await asSystem(db, (db) => sql`insert into orgs (id, slug, name) values ('org_other', 'other', 'Other')`.execute(db))
  const until = new Date('9999-01-01T00:00:00Z')
  const limited = await start(db)
  const quota = { class: 'quota', message: 'm' } as const
  await asSystem(db, (db) => parkTask(db, runOf(limited), 'limit', { until, failure: quota }))
  const stranger = await start(db, { orgId: 'org_other' })
  const failure = { class: 'budget', message: 'm' } as const
  await asSystem(db, (db) => parkTask(db, runOf(stranger), 'limit', { until, failure }))
  const { task } = await waitForBudget(db)
  await set(db, { maxCalls: 9 })
  expect((await claim(db, 9)).map(({ id }) => id)).toEqual([task.id])
})

test('a budget that is raised between the refusal and the wait is not missed, and nothing goes round in a circle', async () => {
  await using db = await openTestDb()
  await set(db, { maxCalls: 1 })
  const task = await start(db)
  await record(db, task)
  const { refusal } = await check(db, task)
  const park = (run: Task) =>
    asSystem(db, (db) =>
      parkTask(db, runOf(run), 'limit', {
        until: new Date('9999-01-01T00:00:00Z'),
        failure: { class: 'budget', message: refusal?.sentence ?? '' },
      }),
    )
  await set(db, { maxCalls: 2 })
  await park(task)
  const again = await claimOne(db)
  expect(again.id).toBe(task.id)
  // Refused once more, for whatever reason: nobody has made room since it was claimed.
  await park(again)
  expect(await claim(db)).toEqual([])
})

test('who raises a budget waits for a run that is about to wait for it', async () => {
  await using db = await openTestDb()
  await set(db, { maxCalls: 1 })
  await set(db, { maxCalls: 2 })
  const task = await start(db)
  const failure = { class: 'budget', message: 'm' } as const
  const until = new Date('9999-01-01T00:00:00Z')
  let raised: Promise<unknown> | undefined
  await asSystem(db, async (held) => {
    await parkTask(held, runOf(task), 'limit', { until, failure })
    raised = set(db, { maxCalls: 3 })
    await somebodyWaits(db)
  })
  await raised
  expect((await claimOne(db)).id).toBe(task.id)
})

/** Until a connection to this database waits for a lock. */
async function somebodyWaits(database: TestDatabase) {
  const name = new URL(database.url).pathname.slice(1)
  await asAdmin(name, async (client) => {
    for (;;) {
      const { rowCount } = await client.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      if (rowCount !== 0) return
    }
  })
}

test('usage is told by agent, codebase, person and model, with names, the most expensive first', async () => {
  await using db = await openTestDb()
  const { codebase, key } = await asOrg(db, DEFAULT_ORG, async (db) => ({
    codebase: await addCodebase(db, { orgId: DEFAULT_ORG, name: 'app', url: '/srv/app', defaultBranch: 'main' }),
    key: (await createApiKey(db, DEFAULT_ORG, 'Ada')).key,
  }))
  const mine = await start(db, { codebaseId: codebase.id, createdBy: key.id })
  await record(db, mine, { usd: 1 })
  await record(db, mine, { model: 'gpt', vendor: 'openai', usd: 2 })
  await record(db, mine, { model: 'own', usd: null })
  await endRun(db, await start(db, { agent: 'aider' }), asAgentSays(0.5))
  await endRun(db, await start(db, { agent: 'aider' }))
  const table = async (by: UsageBy) =>
    (await since(db, by)).rows.map(({ key, name, calls, unmeteredRuns, usd, unpriced }) => [
      name ?? key,
      calls,
      unmeteredRuns,
      usd,
      unpriced,
    ])
  const metered = [3, 0, 3, 1]
  const unmetered = [0, 2, 0.5, 1]
  expect(await table('agent')).toEqual([
    ['scripted', ...metered],
    ['aider', ...unmetered],
  ])
  expect(await table('codebase')).toEqual([
    ['app', ...metered],
    [null, ...unmetered],
  ])
  expect(await table('person')).toEqual([
    ['Ada', ...metered],
    [null, ...unmetered],
  ])
  expect(await table('model')).toEqual([
    ['gpt', 1, 0, 2, 0],
    ['opus', 1, 0, 1, 0],
    [null, ...unmetered],
    ['own', 1, 0, null, 1],
  ])
  expect((await since(db, 'model')).total).toEqual({
    tasks: 3,
    calls: 3,
    unmeteredRuns: 2,
    inputTokens: 37,
    outputTokens: 15,
    cacheReadTokens: 3,
    cacheWriteTokens: 0,
    reasoningTokens: 12,
    usd: 3.5,
    unpriced: 2,
  })
})

test('the end of a time is not in it, and nothing costs nothing', async () => {
  await using db = await openTestDb()
  const task = await start(db)
  await record(db, task)
  await sqlAt(db, '2026-11-02T00:00:00Z')
  const between = async (from: string, to: string) =>
    asOrg(db, DEFAULT_ORG, (db) => listUsage(db, DEFAULT_ORG, { by: 'day', from: new Date(from), to: new Date(to) }))
  expect((await between('2026-11-02', '2026-11-03')).rows).toMatchObject([{ key: '2026-11-02', calls: 1 }])
  expect(await between('2026-11-01', '2026-11-02')).toMatchObject({ rows: [], total: { tasks: 0, calls: 0, usd: 0 } })
})

const sqlAt = (database: TestDatabase, at: string) =>
  asSystem(database, (db) => sql`update model_calls set at = ${at}::timestamptz`.execute(db))

test.each([
  ['an org has no key', { scope: 'org', key: 'tsk_1' }],
  ['all else has one', { scope: 'agent', key: null }],
  ['a name is no id', { scope: 'codebase', key: 'app' }],
  ['something must be limited', { maxCalls: null }],
  ['nothing is no limit', { maxCalls: 0 }],
] as const)('the database refuses a budget that makes no sense: %s', async (_, terms) => {
  await using db = await openTestDb()
  await expect(set(db, { maxCalls: 1, ...terms })).rejects.toMatchObject({ code: '23514' })
})

test('a call for a task that is not there is an error, and not lost in silence', async () => {
  await using db = await openTestDb()
  const task = await start(db)
  await expect(record(db, task, { taskId: 'tsk_nothing' })).rejects.toThrow('There is no task tsk_nothing')
})
