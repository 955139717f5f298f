import { expect, test } from 'vitest'
import { openDatabase } from '../src/db/connect.ts'
import { asSystem } from '../src/db/scope.ts'
import { steerTask } from '../src/tasks/store.ts'
import { runTask } from '../src/worker/run-task.ts'
import type { TaskKind } from '../src/worker/task-kind.ts'
import { openTalk } from './talk-kit.ts'
import { startTestService, type TestService } from './test-service.ts'

/** What the inbound stage does with `/steer`. */
async function steer(drover: TestService, id: string, text: string): Promise<boolean> {
  const url = drover.databaseUrl
  const database = await openDatabase({ url, folder: '/nowhere', migrate: false, onWarning: () => undefined })
  try {
    return await asSystem(database, (db) => steerTask(db, id, text, 'mem_ann'))
  } finally {
    await database.close()
  }
}

/** Until its agent is at the long sleep. */
async function startSleeper(drover: TestService): Promise<string> {
  const { id } = await drover.start({ prompt: 'write a.txt :: a\nsleep 60000', codebase: 'app' })
  const hasWritten = async () =>
    (await drover.events(id)).some(({ type, state }) => type === 'tool' && state === 'done')
  await expect.poll(hasWritten, { timeout: 15_000 }).toBe(true)
  return id
}

test('what is said in the middle of a turn is told to the agent, in the same session and the same task', async () => {
  await using drover = await startTestService()
  const id = await startSleeper(drover)
  expect(await steer(drover, id, 'run cat a.txt\nwrite b.txt :: b\nrecall')).toBe(true)
  const task = await drover.until(id, 'completed')
  // The same files, and it remembers what was asked first.
  expect(task.result).toMatchObject({
    text: expect.stringContaining('1. write a.txt :: a'),
    diffStat: expect.stringContaining('b.txt'),
  })
  expect((await drover.events(id)).filter(({ type }) => type === 'session').length).toBeGreaterThan(0)
  expect(await steer(drover, id, 'say too late')).toBe(false)
})

test('what an agent cannot be told any more becomes a task of its own', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('First')
  const task = await talk.claimTask()
  const log = talk.parts.log
  const lastMoment: TaskKind = async () => {
    await asSystem(talk.database, (db) => steerTask(db, task.id, 'And this', 'mem_ann'))
    return { type: 'settle', status: 'completed', result: { text: 'Done.', durationMs: 1 } }
  }
  const signal = new AbortController().signal
  await runTask({ database: talk.database, kinds: { agent: lastMoment } }, { task, signal, log })
  expect((await talk.tasks()).map(({ prompt, status }) => [prompt, status])).toEqual([
    ['And this', 'pending'],
    ['First', 'completed'],
  ])
})
