import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { claim, claimRun, enqueue, statusOf, system } from '../../test/queue-fixtures.ts'
import { openTestDb } from '../../test/test-db.ts'
import { asSystem } from '../db/scope.ts'
import { newId } from '../lib/ids.ts'
import { readEvents } from '../events/store.ts'
import {
  answerTask,
  cancelTask,
  findOrphans,
  findTask,
  heartbeatTasks,
  parkTask,
  reapTask,
  requeueTask,
  retryTaskLater,
  saveCheckpoint,
  setLimit,
  settleTask,
} from './store.ts'
import { LeaseLost, runOf } from './task.ts'

const done = { result: { text: 'ok', durationMs: 1 } }

test('a lane runs one task at a time, first in first out', async () => {
  await using db = await openTestDb()
  const tasks = [await enqueue(db, { lane: 'l' }), await enqueue(db, { lane: 'l' }), await enqueue(db, { lane: 'l' })]
  expect(tasks.map((task) => task.status)).toEqual(['pending', 'queued', 'queued'])
  for (const task of tasks) {
    const claimed = await claim(db, 10)
    expect(claimed.map((one) => one.id)).toEqual([task.id])
    await system(db, (db) => settleTask(db, runOf(claimed[0]!), 'completed', done))
  }
  expect(await claim(db, 10)).toEqual([])
})

test('tasks without a lane run side by side, smaller priority first, then older', async () => {
  await using db = await openTestDb()
  const late = await enqueue(db, { priority: 200 })
  const first = await enqueue(db, { priority: 50 })
  const second = await enqueue(db, { priority: 50 })
  expect((await claim(db, 2)).map((task) => task.id).toSorted()).toEqual([first.id, second.id].toSorted())
  expect((await claim(db, 2)).map((task) => task.id)).toEqual([late.id])
})

test('a worker gets only tasks of its type', async () => {
  await using db = await openTestDb()
  await system(db, (db) => db.insertInto('worker_types').values({ name: 'browser' }).execute())
  await enqueue(db, { workerType: 'browser' })
  expect(await claim(db)).toEqual([])
  expect(await claim(db, 1, { type: 'browser' })).toHaveLength(1)
})

test('a task of the future is scheduled, keeps its lane, and runs when its time has come', async () => {
  await using db = await openTestDb()
  const task = await enqueue(db, { lane: 'l', runAt: new Date(Date.now() + 3_600_000) })
  const behind = await enqueue(db, { lane: 'l' })
  expect([task.status, behind.status]).toEqual(['scheduled', 'queued'])
  expect(await claim(db)).toEqual([])
  await system(db, (db) => sql`update tasks set run_at = now() where id = ${task.id}`.execute(db))
  expect((await claim(db, 5)).map((one) => one.id)).toEqual([task.id])
})

test('limits of an org and of an agent hold together, exactly', async () => {
  await using db = await openTestDb()
  const orgs = ['org_a', 'org_b'] as const
  await system(db, (db) =>
    db
      .insertInto('orgs')
      .values(orgs.map((id) => ({ id, slug: id, name: id })))
      .execute(),
  )
  await system(db, (db) => setLimit(db, 'org', '*', 3))
  await system(db, (db) => setLimit(db, 'agent', 'x', 4))
  for (let n = 0; n < 10; n++) for (const orgId of orgs) await enqueue(db, { orgId, agent: n % 2 === 0 ? 'x' : 'y' })
  const claimed = (await Promise.all(Array.from({ length: 12 }, (_, n) => claim(db, 2, { worker: `wrk_${n}` })))).flat()
  const count = (pick: (task: (typeof claimed)[number]) => boolean) => claimed.filter(pick).length
  expect(claimed).toHaveLength(6)
  expect(orgs.map((org) => count((task) => task.orgId === org))).toEqual([3, 3])
  expect(count((task) => task.agent === 'x')).toBeLessThanOrEqual(4)
})

test('a late worker is refused every write once its lease ran out and another has the task', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db)
  const late = await claimRun(db)
  await system(db, (db) =>
    sql`update tasks set lease_expires_at = now() - interval '1 second' where id = ${id}`.execute(db),
  )
  expect(await system(db, reapTask)).toMatchObject({ taskId: id, became: 'pending' })
  const [current] = await claim(db)
  expect(current).toMatchObject({ id, attempt: 2, failures: 1, failure: { class: 'crashed' } })

  expect(await system(db, (db) => settleTask(db, late, 'completed', done))).toBeNull()
  expect(await system(db, (db) => retryTaskLater(db, late, { delayMs: 0, counts: true }))).toBeNull()
  expect(await system(db, (db) => parkTask(db, late, 'input'))).toBeNull()
  await expect(system(db, (db) => saveCheckpoint(db, late, { x: 1 }))).rejects.toThrow(LeaseLost)
  expect(await system(db, (db) => settleTask(db, runOf(current!), 'completed', done))).toBe('completed')
})

test('a task whose workers keep dying fails after max_attempts, and frees its lane', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db, { lane: 'l', maxAttempts: 2 })
  const behind = await enqueue(db, { lane: 'l' })
  for (const expected of ['pending', 'failed']) {
    await claim(db, 1, { leaseSeconds: 0 })
    expect(await system(db, reapTask)).toMatchObject({ became: expected })
  }
  expect([await statusOf(db, id), await statusOf(db, behind.id)]).toEqual(['failed', 'pending'])
})

test('a heartbeat renews what the worker holds, and tells what was cancelled', async () => {
  await using db = await openTestDb()
  const kept = await enqueue(db)
  const cancelled = await enqueue(db)
  await claim(db, 2, { leaseSeconds: 0 })
  expect(await system(db, (db) => cancelTask(db, cancelled.id))).toBe('running')
  const held = await system(db, (db) => heartbeatTasks(db, 'wrk_1', 60))
  expect(held.find((row) => row.taskId === kept.id)).toEqual({ taskId: kept.id, attempt: 1, cancelRequested: false })
  expect(held.find((row) => row.taskId === cancelled.id)).toMatchObject({ cancelRequested: true })
  expect(await system(db, reapTask)).toBeUndefined()
})

test('a cancelled task that nobody runs ends at once and lets the next one in', async () => {
  await using db = await openTestDb()
  const first = await enqueue(db, { lane: 'l' })
  const second = await enqueue(db, { lane: 'l' })
  expect(await system(db, (db) => cancelTask(db, first.id))).toBe('cancelled')
  expect(await statusOf(db, second.id)).toBe('pending')
  expect(await system(db, (db) => cancelTask(db, first.id))).toBeNull()
})

test('a cancelled task whose worker is lost ends as cancelled, not again', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db)
  await claim(db, 1, { leaseSeconds: 0 })
  await system(db, (db) => cancelTask(db, id))
  expect(await system(db, reapTask)).toMatchObject({ became: 'cancelled' })
})

test('who waits for a person keeps the lane, frees the worker, and goes on with the answer', async () => {
  await using db = await openTestDb()
  await system(db, (db) => setLimit(db, 'agent', '*', 1))
  const { id } = await enqueue(db, { lane: 'l' })
  const behind = await enqueue(db, { lane: 'l' })
  const elsewhere = await enqueue(db)
  const run = await claimRun(db)
  expect(await system(db, (db) => parkTask(db, run, 'input'))).toBe('waiting')
  expect((await claim(db, 5)).map((task) => task.id)).toEqual([elsewhere.id])
  expect(await statusOf(db, behind.id)).toBe('queued')
  expect(await system(db, (db) => answerTask(db, id, { text: 'blue' }))).toBe('pending')
  expect(await system(db, (db) => answerTask(db, id, { text: 'twice' }))).toBeNull()
  expect(await system(db, (db) => findTask(db, id))).toMatchObject({ input: { answer: { text: 'blue' } }, failures: 0 })
})

test('who waits for a limit goes on when it resets', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db)
  const run = await claimRun(db)
  await system(db, (db) =>
    parkTask(db, run, 'limit', {
      until: new Date(Date.now() + 3_600_000),
      failure: { class: 'quota', message: 'until five' },
    }),
  )
  expect(await claim(db)).toEqual([])
  await system(db, (db) => sql`update tasks set run_at = now() where id = ${id}`.execute(db))
  expect(await claim(db)).toHaveLength(1)
})

test('a parent waits for its children, and is woken by the last, also when two end at once', async () => {
  await using db = await openTestDb()
  const parent = await enqueue(db)
  const parentRun = await claimRun(db)
  const children = [await enqueue(db, { parentId: parent.id }), await enqueue(db, { parentId: parent.id })]
  expect(await system(db, (db) => parkTask(db, parentRun, 'children'))).toBe('waiting')
  const runs = (await claim(db, 5)).map(runOf)
  expect(runs.map((run) => run.taskId).toSorted()).toEqual(children.map((child) => child.id).toSorted())
  await Promise.all(runs.map((run) => system(db, (db) => settleTask(db, run, 'completed', done))))
  expect(await statusOf(db, parent.id)).toBe('pending')
})

test('who begins to wait for children that have ended already goes on', async () => {
  await using db = await openTestDb()
  const parent = await enqueue(db)
  const parentRun = await claimRun(db)
  await system(db, (db) => parkTask(db, parentRun, 'children'))
  expect(await statusOf(db, parent.id)).toBe('pending')
})

test('a child may not stand in its parent’s lane', async () => {
  await using db = await openTestDb()
  const parent = await enqueue(db, { lane: 'l' })
  await expect(enqueue(db, { lane: 'l', parentId: parent.id })).rejects.toMatchObject({
    constraint: 'child_has_its_own_lane',
  })
})

test('children of a cancelled parent are found, to be cancelled', async () => {
  await using db = await openTestDb()
  const parent = await enqueue(db)
  const child = await enqueue(db, { parentId: parent.id })
  await system(db, (db) => cancelTask(db, parent.id))
  expect(await system(db, findOrphans)).toEqual([child.id])
})

test('a retry waits its time and counts; a hand-back does neither', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db, { lane: 'l' })
  const run = await claimRun(db)
  await system(db, (db) =>
    retryTaskLater(db, run, { failure: { class: 'network', message: 'm' }, delayMs: 60_000, counts: true }),
  )
  expect(await system(db, (db) => findTask(db, id))).toMatchObject({
    status: 'scheduled',
    failures: 1,
    failure: { class: 'network' },
  })
  await system(db, (db) => sql`update tasks set run_at = now() where id = ${id}`.execute(db))
  const again = await claimRun(db)
  await system(db, (db) => retryTaskLater(db, again, { delayMs: 0, counts: false }))
  expect(await system(db, (db) => findTask(db, id))).toMatchObject({
    status: 'pending',
    failures: 1,
    failure: null,
    attempt: 2,
  })
})

test('a person may send a failed task again, with another prompt, to the end of its lane', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db, { lane: 'l' })
  const run = await claimRun(db)
  expect(await system(db, (db) => requeueTask(db, id))).toBeNull()
  await system(db, (db) => settleTask(db, run, 'failed', { failure: { class: 'refusal', message: 'no' } }))
  await enqueue(db, { lane: 'l' })
  expect(await system(db, (db) => requeueTask(db, id, 'better'))).toBe('queued')
  expect(await system(db, (db) => findTask(db, id))).toMatchObject({
    prompt: 'better',
    failures: 0,
    failure: null,
    finishedAt: null,
  })
})

test('every change of state is in the log, numbered without gaps', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db)
  const run = await claimRun(db)
  await system(db, (db) => settleTask(db, run, 'completed', done))
  const events = await system(db, (db) => readEvents(db, id, 0, 10))
  expect(events.map(({ seq, event }) => [seq, event])).toEqual([
    [1, { type: 'state', to: 'pending' }],
    [2, { type: 'state', from: 'pending', to: 'running' }],
    [3, { type: 'state', from: 'running', to: 'completed' }],
  ])
})

test('what somebody rolls back was never queued', async () => {
  await using db = await openTestDb()
  const id = newId('task')
  await expect(
    asSystem(db, async (db) => {
      await db.insertInto('tasks').values({ id, org_id: 'org_default', agent: 'a', title: 't', prompt: 'p' }).execute()
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(await statusOf(db, id)).toBeUndefined()
})
