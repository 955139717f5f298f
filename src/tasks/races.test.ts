/** Two that meet at one task, step by step: what test/queue-model.test.ts meets by chance only. */
import { expect, test } from 'vitest'
import { claimRun, enqueue, statusOf, system } from '../../test/queue-fixtures.ts'
import { asAdmin, openTestDb } from '../../test/test-db.ts'
import { asSystem } from '../db/scope.ts'
import { cancelTask, findTask, holdFence, parkTask, reapTask, retryTaskLater, settleTask } from './store.ts'

test('a run that writes its end and a cancel from outside do not wait for each other', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db, { lane: 'l' })
  const run = await claimRun(db)
  let cancelled: Promise<unknown> | undefined
  const settled = asSystem(db, async (db_) => {
    await holdFence(db_, run)
    cancelled = system(db, (db) => cancelTask(db, id))
    await somebodyWaits(nameOf(db))
    return settleTask(db_, run, 'completed', { result: { text: 'kept', durationMs: 1 } })
  })
  expect(await settled).toBe('completed')
  expect(await cancelled).toBeNull()
  expect(await system(db, (db) => findTask(db, id))).toMatchObject({ status: 'completed', result: { text: 'kept' } })
})

test('who holds a run’s fence is in nobody’s way who gives the task a child', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db)
  const run = await claimRun(db)
  await asSystem(db, async (held) => {
    await holdFence(held, run)
    expect((await enqueue(db, { parentId: id })).parentId).toBe(id)
  })
})

test('a task that was cancelled while it ran is not tried again, does not wait, and frees its lane', async () => {
  await using db = await openTestDb()
  const failure = { class: 'network', message: 'm' } as const
  for (const end of [
    'retry',
    'retry that counts',
    'hand back',
    'wait for a person',
    'wait for children',
    'wait for a limit',
  ] as const) {
    const { id } = await enqueue(db, { lane: end, maxAttempts: 1 })
    const run = await claimRun(db)
    const behind = await enqueue(db, { lane: end })
    expect(await system(db, (db) => cancelTask(db, id))).toBe('running')
    const became = await system(db, (db) => {
      switch (end) {
        case 'retry':
          return retryTaskLater(db, run, { failure, delayMs: 60_000, counts: false })
        case 'retry that counts':
          return retryTaskLater(db, run, { failure, delayMs: 0, counts: true })
        case 'hand back':
          return retryTaskLater(db, run, { delayMs: 0, counts: false })
        case 'wait for a person':
          return parkTask(db, run, 'input')
        case 'wait for children':
          return parkTask(db, run, 'children')
        case 'wait for a limit':
          return parkTask(db, run, 'limit', { until: new Date(Date.now() + 60_000), failure })
      }
    })
    expect([end, became]).toEqual([end, 'cancelled'])
    expect(await system(db, (db) => findTask(db, id))).toMatchObject({ status: 'cancelled', waitingFor: null })
    expect(await statusOf(db, behind.id)).toBe('pending')
    await system(db, (db) => cancelTask(db, behind.id))
  }
})

test('a lost worker’s task that two reap at once is brought back once', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db, { lane: 'l' })
  await claimRun(db)
  await asAdmin(nameOf(db), (client) =>
    client.query(`update drover.tasks set lease_expires_at = now() - interval '1 second'`),
  )
  const reaped = await Promise.all(Array.from({ length: 5 }, () => system(db, reapTask)))
  expect(reaped.filter((one) => typeof one?.became === 'string')).toEqual([
    { taskId: id, attempt: 1, became: 'pending' },
  ])
  expect(await system(db, (db) => findTask(db, id))).toMatchObject({ status: 'pending', failures: 1 })
})

const nameOf = (db: { url: string }) => new URL(db.url).pathname.slice(1)

/** Settles when some session of this database waits for a lock. */
async function somebodyWaits(database: string): Promise<void> {
  await asAdmin('postgres', async (client) => {
    for (;;) {
      const { rows } = await client.query(
        `select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`,
        [database],
      )
      if (rows.length > 0) return
    }
  })
}
