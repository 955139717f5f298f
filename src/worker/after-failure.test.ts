import { expect, test } from 'vitest'
import { claimRun, claim, enqueue, statusOf, system } from '../../test/queue-fixtures.ts'
import { openTestDb } from '../../test/test-db.ts'
import { parkTask } from '../tasks/store.ts'
import type { Task } from '../tasks/task.ts'
import { endAfterFailure } from './after-failure.ts'

const task = { agent: 'claude', failures: 0 } as Task

test('a usage limit waits until the time that the vendor names, and says it', () => {
  const end = endAfterFailure(task, { why: 'quota', detail: '5-hour limit', until: '2026-11-21T15:00:00Z' }, 0.5)
  expect(end).toMatchObject({ type: 'park', waitingFor: 'limit', until: new Date('2026-11-21T15:00:00Z') })
  expect('failure' in end && end.failure?.message).toContain('waits until 2026-11-21 15:00 UTC')
})

test('a spent budget waits for somebody to raise it, in the words that were given', () => {
  expect(endAfterFailure(task, { why: 'budget', detail: 'The budget is spent.' }, 0.5)).toMatchObject({
    waitingFor: 'limit',
    until: new Date('9999-01-01T00:00:00Z'),
    failure: { class: 'budget', message: 'The budget is spent.' },
  })
})

test('when the limit of one task’s agent is reached, no other task of that agent is claimed until it is lifted', async () => {
  await using db = await openTestDb()
  await enqueue(db, { agent: 'claude' })
  const other = await enqueue(db, { agent: 'claude' })
  const scripted = await enqueue(db, { agent: 'scripted' })
  const run = await claimRun(db)
  const until = new Date(Date.now() + 1_500)
  const end = endAfterFailure(task, { why: 'quota', detail: '', until: until.toISOString() }, 0.5)
  await system(db, async (db) => {
    await end.write?.(db)
    await parkTask(db, run, 'limit', { until })
  })
  expect((await claim(db, 5)).map(({ id }) => id)).toEqual([scripted.id])
  expect(await statusOf(db, other.id)).toBe('pending')
  await expect.poll(async () => (await claim(db, 5)).length, { timeout: 10_000, interval: 200 }).toBeGreaterThan(0)
})
