/** What waits for a budget, and who makes room. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { claim } from '../../test/queue-fixtures.ts'
import { asAdmin, openTestDb, type TestDatabase } from '../../test/test-db.ts'
import { check, claimOne, record, set, start } from '../../test/usage-kit.ts'
import { asOrg, asSystem } from '../db/scope.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { parkTask } from '../tasks/store.ts'
import { runOf, type Task } from '../tasks/task.ts'
import { removeBudget, setBudget } from './store.ts'

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

test('a run that is about to wait for a budget waits for who is raising it', async () => {
  await using db = await openTestDb()
  await set(db, { maxCalls: 1 })
  const task = await start(db)
  await record(db, task)
  let parked: Promise<unknown> | undefined
  await asOrg(db, DEFAULT_ORG, async (held) => {
    const limits = { maxUsd: null, maxCalls: 2, maxTokens: null }
    await setBudget(held, DEFAULT_ORG, { scope: 'org', key: null, period: 'total', ...limits })
    // Refused still: nobody else sees yet what is being set.
    parked = parkForBudget(db, task)
    await somebodyWaits(db)
  })
  expect(await parked).toBe('waiting')
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
