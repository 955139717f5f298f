import { expect, test } from 'vitest'
import { openDatabase } from '../src/db/connect.ts'
import { asSystem, type Db } from '../src/db/scope.ts'
import { listArtifacts, saveArtifact } from '../src/events/artifact-store.ts'
import type { TaskList } from '../src/http/wire.ts'
import type { Id } from '../src/lib/ids.ts'
import { steerTask } from '../src/tasks/steer-store.ts'
import { retryTaskLater } from '../src/tasks/store.ts'
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

/** Its lease runs out, and it is given to whoever comes next. */
async function loseRun(drover: TestService, id: string) {
  const url = drover.databaseUrl
  const database = await openDatabase({ url, folder: '/nowhere', migrate: false, onWarning: () => undefined })
  await asSystem(database, (db) =>
    retryTaskLater(db, { orgId: 'org_default', taskId: id as Id<'task'>, attempt: 1 }, { delayMs: 0, counts: false }),
  )
  await database.close()
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

test('what an agent was told in a turn that was lost is told again by the next run', async () => {
  await using drover = await startTestService({ DROVER_LEASE_SECONDS: '2' })
  const id = await startSleeper(drover)
  await steer(drover, id, 'write b.txt :: b\nsleep 50000')
  const titles = async () => (await drover.events(id)).flatMap(({ type, title }) => (type === 'tool' ? [title] : []))
  await expect
    .poll(async () => (await titles()).some((title) => String(title).includes('b.txt')), { timeout: 15_000 })
    .toBe(true)
  // As if its worker had died in the middle of that turn.
  const before = (await drover.show(id)).attempt
  await loseRun(drover, id)
  const told = async () => (await drover.events(id)).filter(({ text }) => text === 'Told what was said meanwhile')
  await expect.poll(async () => (await told()).length, { timeout: 20_000 }).toBe(2)
  expect((await drover.show(id)).attempt).toBeGreaterThan(before)
  await drover.call('POST', `/v1/tasks/${id}/cancel`)
  await drover.until(id, 'cancelled')
  const { tasks } = await drover.call<TaskList>('GET', '/v1/tasks')
  expect(tasks).toHaveLength(1)
})

test('what an agent cannot be told any more becomes a task of its own, with the files that came with it', async () => {
  await using talk = await openTalk()
  await talk.addCodebase('app')
  await talk.say('First')
  const task = await talk.claimTask()
  const log = talk.parts.log
  const { orgId, id: taskId } = task
  const send = (db: Db, name: string) => saveArtifact(db, { orgId, taskId }, { kind: 'attachment', name, content: 'x' })
  await asSystem(talk.database, (db) => send(db, 'first.txt'))
  const lastMoment: TaskKind = async () => {
    await asSystem(talk.database, async (db) => {
      await steerTask(db, task.id, 'And this', 'mem_ann')
      await send(db, 'this.txt')
    })
    return { type: 'settle', status: 'completed', result: { text: 'Done.', durationMs: 1 } }
  }
  const signal = new AbortController().signal
  await runTask({ database: talk.database, kinds: { agent: lastMoment } }, { task, signal, log })
  expect((await talk.tasks()).map(({ prompt, status }) => [prompt, status])).toEqual([
    ['And this', 'pending'],
    ['First', 'completed'],
  ])
  const [next] = await talk.tasks()
  const filesOf = async (id = '') =>
    (await asSystem(talk.database, (db) => listArtifacts(db, id))).map(({ name }) => name)
  expect([await filesOf(taskId), await filesOf(next?.id)]).toEqual([['first.txt'], ['this.txt']])
})
