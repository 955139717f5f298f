import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openTestDb, type TestDatabase } from '../../test/test-db.ts'
import { asAgentSays, callOf, check, claimOne, endRun, NOTHING, record, set, start } from '../../test/usage-kit.ts'
import { addCodebase } from '../codebases/store.ts'
import { openConversation } from '../conversations/store.ts'
import { asOrg, asSystem, type Db } from '../db/scope.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { createApiKey } from '../orgs/store.ts'
import { recordUsage, retryTaskLater } from '../tasks/store.ts'
import { runOf, type Task } from '../tasks/task.ts'
import { checkBudgets, listBudgets, listUsage, recordModelCall, sumCallsOfRun } from './store.ts'
import type { UsageBy } from './usage.ts'

const usageOf = (database: TestDatabase, { id }: Pick<Task, 'id'>) =>
  asSystem(database, (db) => db.selectFrom('usage').selectAll().where('task_id', '=', id).orderBy('attempt').execute())

const spentOf = async (database: TestDatabase) => {
  const budgets = await asOrg(database, DEFAULT_ORG, (db) => listBudgets(db, DEFAULT_ORG))
  return budgets.map(({ spent }) => spent)
}

const since = (database: TestDatabase, by: UsageBy) =>
  asOrg(database, DEFAULT_ORG, (db) => listUsage(db, DEFAULT_ORG, { by, from: new Date(0) }))

test('the usage of a run is the sum of its calls, whatever the agent says of itself', async () => {
  await using db = await openTestDb()
  const task = await start(db)
  expect(await asSystem(db, (db) => sumCallsOfRun(db, runOf(task)))).toBeUndefined()
  await record(db, task)
  await record(db, task, { model: 'haiku', usd: 0.000_000_4 })
  const tokens = { inputTokens: 20, outputTokens: 10, cacheReadTokens: 2, cacheWriteTokens: 0, reasoningTokens: 8 }
  const spend = { ...tokens, usd: 0.250_000_4, basis: 'priced' }
  expect(await asSystem(db, (db) => sumCallsOfRun(db, runOf(task)))).toEqual(spend)
  await endRun(db, task, asAgentSays(99))
  expect(await usageOf(db, task)).toMatchObject([
    { metered: true, basis: 'priced', usd: '0.250000', input_tokens: 20, output_tokens: 10, reasoning_tokens: 8 },
  ])
})

test('a run without calls keeps what its agent said, unless it was metered', async () => {
  await using db = await openTestDb()
  const own = await start(db)
  await endRun(db, own, asAgentSays(3))
  expect(await usageOf(db, own)).toMatchObject([{ metered: false, basis: 'agent', usd: '3.000000', input_tokens: 7 }])
  const { id, orgId, attempt, agent } = await start(db)
  await asSystem(db, (db) =>
    sql`insert into usage (org_id, task_id, attempt, agent, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, basis, metered)
        values (${orgId}, ${id}, ${attempt}, ${agent}, 7, 0, 0, 0, 0, 'unknown', true)`.execute(db),
  )
  expect(await usageOf(db, { id })).toMatchObject([
    { metered: true, basis: 'priced', usd: '0.000000', input_tokens: 0 },
  ])
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
  expect(await usageOf(db, task)).toMatchObject([{ usd: null, basis: 'unknown' }])
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
  // A lost run leaves its calls and no row of its own; the row of the run after it has both.
  const lost = await start(db)
  await record(db, lost)
  await asSystem(db, (db) => retryTaskLater(db, runOf(lost), { delayMs: 0, counts: true }))
  await expectSpent(5, 87, 3.25)
  const again = await claimOne(db)
  expect(again).toMatchObject({ id: lost.id, attempt: 2 })
  await record(db, again)
  await endRun(db, again, asAgentSays(50))
  await expectSpent(6, 103, 3.5)
  expect(await usageOf(db, lost)).toMatchObject([{ attempt: 2, metered: true, usd: '0.500000' }])
})

test('a turn that was finished by a run that was then lost is paid once', async () => {
  await using db = await openTestDb()
  await set(db, { maxCalls: 1_000 })
  const lost = await start(db)
  await record(db, lost)
  await asSystem(db, (db) => retryTaskLater(db, runOf(lost), { delayMs: 0, counts: true }))
  // It only delivers what the turn before it made, and makes no call.
  await endRun(db, await claimOne(db), asAgentSays(50))
  expect(await usageOf(db, lost)).toMatchObject([{ attempt: 2, metered: true, usd: '0.250000' }])
  expect(await spentOf(db)).toEqual([{ calls: 1, tokens: 16, usd: 0.25, unpriced: 0 }])
})

test('what a run has a row for is not in the row of the next', async () => {
  await using db = await openTestDb()
  const first = await start(db)
  await record(db, first)
  await asSystem(db, async (db) => {
    await recordUsage(db, first, NOTHING)
    await retryTaskLater(db, runOf(first), { delayMs: 0, counts: true })
  })
  const second = await claimOne(db)
  await record(db, second, { usd: 1 })
  await endRun(db, second)
  expect(await usageOf(db, first)).toMatchObject([{ usd: '0.250000' }, { usd: '1.000000' }])
})

test('what was counted before is not added up again, and none of it is lost', async () => {
  await using db = await openTestDb()
  const task = await start(db)
  const hoursAgo = (hours: number) =>
    asSystem(db, async (db) => {
      await recordModelCall(db, callOf(task, { model: `${hours}` }))
      await sql`update model_calls set at = now() - ${hours} * interval '1 hour' where model = ${`${hours}`}`.execute(
        db,
      )
    })
  for (const hours of [30, 9, 3, 0.5]) await hoursAgo(hours)
  await set(db, { maxCalls: 100 })
  const counted = () =>
    asSystem(db, async (db) => {
      const { rows } = await sql<{ calls: number; minutes: number }>`
        select counted_calls as calls, round(extract(epoch from now() - counted_until) / 60)::int as minutes from budgets`.execute(
        db,
      )
      return rows[0]
    })
  expect(await counted()).toEqual({ calls: 3, minutes: 60 })
  expect((await spentOf(db))[0]?.calls).toBe(4)
  // Five hours without a call: the next one counts up.
  await asSystem(db, (db) =>
    sql`update budgets set counted_until = counted_until - interval '5 hours', counted_calls = 2`.execute(db),
  )
  expect((await spentOf(db))[0]?.calls).toBe(4)
  await Promise.all([check(db, task), check(db, task), check(db, task)])
  expect(await counted()).toEqual({ calls: 3, minutes: 60 })
  expect((await spentOf(db))[0]?.calls).toBe(4)
  // The rows are proof: what is counted is not looked at again.
  await asSystem(db, (db) => sql`delete from model_calls where model in ('30', '9')`.execute(db))
  expect((await spentOf(db))[0]?.calls).toBe(4)
})

test('what was counted on another day is not of this day', async () => {
  await using db = await openTestDb()
  const task = await start(db)
  await set(db, { maxCalls: 100, period: 'day' })
  await record(db, task)
  await asSystem(db, async (db) => {
    const count = (until: string) =>
      sql`update budgets set counted_calls = 50, counted_until = date_trunc('day', now(), 'UTC') + ${until}::interval`.execute(
        db,
      )
    const spent = async () => (await listBudgets(db, DEFAULT_ORG))[0]?.spent.calls
    await sql`update model_calls set at = now()`.execute(db)
    await count('-1 microsecond')
    expect(await spent()).toBe(1)
    await count('0')
    expect(await spent()).toBe(51)
    await sql`update model_calls set at = date_trunc('day', now(), 'UTC') - interval '1 microsecond'`.execute(db)
    await sql`update budgets set counted_calls = 0, counted_until = '-infinity'`.execute(db)
    expect(await spent()).toBe(0)
  })
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

/** A zone of POSIX in which the clock is put forward at this day's noon: its day has 23 hours. */
function summerBegins(day: Date): string {
  const leaplessDay = (Date.UTC(2023, day.getUTCMonth(), day.getUTCDate()) - Date.UTC(2022, 11, 31)) / 86_400_000
  return `AAA0BBB,J${leaplessDay}/12,J${leaplessDay === 1 ? 365 : 1}/0`
}

test('a day is one in UTC, in whatever zone the session is, and each call counts on its own', async () => {
  await using db = await openTestDb()
  const task = await start(db)
  await set(db, { maxCalls: 2, period: 'day' })
  for (const model of ['late', 'early', 'now']) await record(db, task, { model })
  for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/New_York', summerBegins(new Date())]) {
    // One transaction is one moment: no midnight comes in between.
    await asSystem(db, async (db) => {
      await sql`select set_config('timezone', ${zone}, true)`.execute(db)
      await moveCalls(db, task, 'late', 'yesterday')
      await moveCalls(db, task, 'early', 'today')
      await sql`update model_calls set at = now() where model = 'now'`.execute(db)
      // The past is written anew here: what was counted of it is not true any more.
      await sql`update budgets set counted_until = '-infinity', counted_calls = 0`.execute(db)
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
    })
  }
})

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
