import { expect, test } from 'vitest'
import { openTestApi, startTask, type TestApi } from '../../test/http-kit.ts'
import { asAgentSays, callOf, endRun, record } from '../../test/usage-kit.ts'
import { asOrg, asSystem } from '../db/scope.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { findTask, parkTask } from '../tasks/store.ts'
import type { Task as TaskRecord } from '../tasks/task.ts'
import { recordModelCall } from '../usage/store.ts'
import type { Budget, BudgetList, Problem, Schedule, Task, Usage } from './wire.ts'

/** A task that runs, as the API started it. */
async function startRun(api: TestApi): Promise<TaskRecord> {
  const { id } = await startTask(api)
  await api.claim()
  const task = await asSystem(api.database, (db) => findTask(db, id))
  if (!task) throw new Error('no task')
  return task
}

async function put(api: TestApi, body: object): Promise<Budget> {
  const response = await api.ask('PUT', '/v1/budgets', body)
  expect(response.status).toBe(200)
  return (await response.json()) as Budget
}

async function expectProblem(response: Response, status: number, code: string): Promise<Problem> {
  const problem = (await response.json()) as Problem
  expect({ status: response.status, code: problem.code }).toEqual({ status, code })
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return problem
}

test('a budget is set, replaced by the same scope, key and period, listed with what was spent, and removed', async () => {
  await using api = await openTestApi()
  const task = await startRun(api)
  await record(api.database, task)
  const made = await put(api, { scope: 'task', key: task.id, maxCalls: 3, maxUsd: 2.5 })
  expect(made).toEqual({
    id: expect.stringMatching(/^bud_/),
    scope: 'task',
    key: task.id,
    name: null,
    period: 'total',
    maxUsd: 2.5,
    maxCalls: 3,
    maxTokens: null,
    spent: { calls: 1, tokens: 16, usd: 0.25, unpriced: 0 },
    createdAt: expect.stringMatching(/Z$/),
  })
  const replaced = await put(api, { scope: 'task', key: task.id, maxTokens: 1_000 })
  expect(replaced).toEqual({ ...made, maxUsd: null, maxCalls: null, maxTokens: 1_000 })
  await put(api, { scope: 'task', key: task.id, period: 'day', maxCalls: 1 })
  await put(api, { scope: 'org', maxUsd: 100 })
  const { budgets } = await api.get<BudgetList>('/v1/budgets')
  expect(budgets.map(({ scope, period }) => [scope, period])).toEqual([
    ['task', 'total'],
    ['task', 'day'],
    ['org', 'total'],
  ])
  expect((await api.ask('DELETE', `/v1/budgets/${made.id}`)).status).toBe(204)
  await expectProblem(await api.ask('DELETE', `/v1/budgets/${made.id}`), 404, 'budget-unknown')
  expect((await api.get<BudgetList>('/v1/budgets')).budgets).toHaveLength(2)
})

test('a codebase is found by its name, and its name is told', async () => {
  await using api = await openTestApi()
  await startTask(api)
  const byName = await put(api, { scope: 'codebase', key: 'app', maxCalls: 1 })
  expect(byName).toMatchObject({ key: expect.stringMatching(/^cbs_/), name: 'app' })
  expect((await put(api, { scope: 'codebase', key: byName.key, maxCalls: 2 })).id).toBe(byName.id)
})

test('a budget for something that is not there is refused, and so is one that limits nothing', async () => {
  await using api = await openTestApi()
  const refused = async (body: object, status: number, code: string) =>
    expectProblem(await api.ask('PUT', '/v1/budgets', body), status, code)
  await refused({ scope: 'task', key: 'tsk_nothing', maxCalls: 1 }, 404, 'task-unknown')
  await refused({ scope: 'conversation', key: 'cnv_nothing', maxCalls: 1 }, 404, 'no-conversation')
  await refused({ scope: 'codebase', key: 'nothing', maxCalls: 1 }, 422, 'no-codebase')
  await refused({ scope: 'agent', key: 'nobody', maxCalls: 1 }, 422, 'agent-unknown')
  for (const [body, field] of [
    [{ scope: 'org', key: 'x', maxCalls: 1 }, 'key'],
    [{ scope: 'agent', maxCalls: 1 }, 'key'],
    [{ scope: 'org' }, 'maxUsd'],
    [{ scope: 'org', maxCalls: 0 }, 'maxCalls'],
    [{ scope: 'org', maxCalls: 2 ** 31 }, 'maxCalls'],
    [{ scope: 'org', maxUsd: -1 }, 'maxUsd'],
    [{ scope: 'org', maxTokens: 1.5 }, 'maxTokens'],
    [{ scope: 'org', period: 'week', maxCalls: 1 }, 'period'],
  ] as const) {
    const { errors } = await refused(body, 422, 'invalid-request')
    expect(errors?.map((error) => error.field)).toEqual([field])
  }
})

test('another org sees none of it, and can neither change nor remove it', async () => {
  await using api = await openTestApi()
  const task = await startRun(api)
  await record(api.database, task)
  const { id } = await put(api, { scope: 'task', key: task.id, maxCalls: 1 })
  await expectProblem(await api.askAsStranger('DELETE', `/v1/budgets/${id}`), 404, 'budget-unknown')
  const theirs = { scope: 'task', key: task.id, maxCalls: 9 }
  await expectProblem(await api.askAsStranger('PUT', '/v1/budgets', theirs), 404, 'task-unknown')
  expect(await (await api.askAsStranger('GET', '/v1/budgets')).json()).toEqual({ budgets: [] })
  const usage = (await (await api.askAsStranger('GET', '/v1/usage')).json()) as Usage
  expect(usage).toMatchObject({ rows: [], total: { calls: 0, usd: 0 } })
})

test('raising a budget over the API lets the work go on', async () => {
  await using api = await openTestApi()
  const task = await startRun(api)
  await record(api.database, task)
  const { id } = await put(api, { scope: 'task', key: task.id, maxCalls: 1 })
  const park = (run: { taskId: TaskRecord['id']; attempt: number }) =>
    asSystem(api.database, (db) =>
      parkTask(db, { ...run, orgId: DEFAULT_ORG }, 'limit', {
        until: new Date('9999-01-01T00:00:00Z'),
        failure: { class: 'budget', message: 'It is spent.' },
      }),
    )
  await park({ taskId: task.id, attempt: 1 })
  expect(await api.get<Task>(`/v1/tasks/${task.id}`)).toMatchObject({ status: 'waiting', waitingFor: 'limit' })
  await put(api, { scope: 'task', key: task.id, maxCalls: 2 })
  const again = await api.claim()
  expect(again).toMatchObject({ taskId: task.id, attempt: 2 })
  await park(again)
  await api.ask('DELETE', `/v1/budgets/${id}`)
  expect(await api.claim()).toMatchObject({ taskId: task.id, attempt: 3 })
})

test('usage is told by day, and by who started the work: a key or a schedule, by its name', async () => {
  await using api = await openTestApi()
  const task = await startRun(api)
  await record(api.database, task)
  await record(api.database, task, { usd: null })
  const schedule = { name: 'nightly', cron: '0 3 * * *', prompt: 'Update', codebase: 'app' }
  const { id: scheduleId } = await api.post<Schedule>('/v1/schedules', schedule)
  const { id } = await startTask(api)
  await api.claim()
  await asSystem(api.database, async (db) => {
    await db.updateTable('tasks').set({ created_by: scheduleId }).where('id', '=', id).execute()
    const scheduled = await findTask(db, id)
    if (scheduled) await recordModelCall(db, callOf(scheduled, { usd: 3 }))
  })
  const byPerson = await api.get<Usage>('/v1/usage?by=person')
  expect(byPerson.rows).toMatchObject([
    { key: scheduleId, name: 'nightly', calls: 1, usd: 3, unpriced: 0 },
    { key: expect.stringMatching(/^key_/), name: 'test', calls: 2, usd: 0.25, unpriced: 1 },
  ])
  const byDay = await api.get<Usage>('/v1/usage')
  expect(byDay).toMatchObject({ by: 'day', to: null, total: { tasks: 2, calls: 3, usd: 3.25, unpriced: 1 } })
  expect(byDay.total).toEqual(byPerson.total)
  expect(byDay.rows[0]?.key).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(Date.parse(byDay.from)).toBeLessThan(Date.now())
})

test('what has no price is null and never 0, also in the sum', async () => {
  await using api = await openTestApi()
  const task = await startRun(api)
  await endRun(api.database, task, { ...asAgentSays(1), usd: null })
  const { rows, total } = await api.get<Usage>('/v1/usage?by=agent')
  expect(rows).toMatchObject([{ key: 'scripted', usd: null, unpriced: 1, calls: 0, unmeteredRuns: 1, inputTokens: 7 }])
  expect(total).toMatchObject({ usd: null, unpriced: 1 })
})

test('a time is a date or a moment; anything else is told', async () => {
  await using api = await openTestApi()
  const task = await startRun(api)
  await record(api.database, task)
  await asOrg(api.database, DEFAULT_ORG, (db) =>
    db
      .updateTable('model_calls')
      .set({ at: new Date('2026-03-02T00:00:00Z') })
      .execute(),
  )
  const calls = async (query: string) => (await api.get<Usage>(`/v1/usage?${query}`)).total.calls
  expect(await calls('from=2026-03-02&to=2026-03-03')).toBe(1)
  expect(await calls('from=2026-03-01&to=2026-03-02')).toBe(0)
  expect(await calls(`from=2026-03-02T00:00:00%2B00:00`)).toBe(1)
  expect(await calls(`from=2026-03-02T00:00:01Z`)).toBe(0)
  for (const query of ['from=yesterday', 'to=2026-02-30', 'by=week']) {
    await expectProblem(await api.ask('GET', `/v1/usage?${query}`), 422, 'invalid-request')
  }
})
