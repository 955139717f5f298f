import { expect, test } from 'vitest'
import { claimRun, enqueue, system } from '../../test/queue-fixtures.ts'
import { openTestDb } from '../../test/test-db.ts'
import { findArtifact } from '../events/artifact-store.ts'
import { readEvents } from '../events/store.ts'
import { settleTask } from '../tasks/store.ts'
import { LeaseLost } from '../tasks/task.ts'
import { createEventWriter } from './write-events.ts'

test('a thousand pieces of text arrive in order, in few rows, without a gap', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db)
  const writer = createEventWriter(db, await claimRun(db), () => undefined)
  for (let n = 0; n < 1_000; n++) writer.write({ type: 'text', text: `${n} ` })
  await writer.flush()
  const events = await system(db, (db) => readEvents(db, id, 0, 1_000))
  const text = events.map(({ event }) => (event.type === 'text' ? event.text : '')).join('')
  expect(text).toBe(Array.from({ length: 1_000 }, (_, n) => `${n} `).join(''))
  expect(events.map((event) => event.seq)).toEqual(events.map((_, n) => n + 1))
  expect(events.length).toBeLessThan(100)
})

test('what was cut from a tool’s output lies in an artifact', async () => {
  await using db = await openTestDb()
  const { id } = await enqueue(db)
  const writer = createEventWriter(db, await claimRun(db), () => undefined)
  writer.write({
    type: 'tool',
    id: 't1',
    kind: 'execute',
    title: 'ls',
    state: 'done',
    output: 'a…z',
    fullOutput: 'a to z',
  })
  await writer.flush()
  const tool = (await system(db, (db) => readEvents(db, id, 0, 10))).find(({ event }) => event.type === 'tool')?.event
  expect(tool).not.toHaveProperty('fullOutput')
  const artifact = await system(db, (db) => findArtifact(db, tool?.artifactId ?? ''))
  expect(artifact?.content.toString()).toBe('a to z')
})

test('a run that lost its task can write no more, and hears of it', async () => {
  await using db = await openTestDb()
  await enqueue(db)
  const run = await claimRun(db)
  const broken: unknown[] = []
  const writer = createEventWriter(db, run, (error) => broken.push(error))
  await system(db, (db) => settleTask(db, run, 'cancelled', {}))
  writer.write({ type: 'text', text: 'late' })
  await expect(writer.flush()).rejects.toThrow(LeaseLost)
  expect(broken).toHaveLength(1)
})
