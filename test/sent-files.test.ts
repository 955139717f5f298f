/** The way of a file that somebody sent: from the task's row to the agent, and nowhere else. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, type Database } from '../src/db/connect.ts'
import { asSystem, type Db } from '../src/db/scope.ts'
import { listArtifacts, saveArtifact } from '../src/events/artifact-store.ts'
import type { Task } from '../src/http/wire.ts'
import type { Id } from '../src/lib/ids.ts'
import type { Running } from '../src/lib/running.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { steerTask } from '../src/tasks/steer-store.ts'
import { PICTURE } from './conformance-kit.ts'
import { git, startTestService, type TestService } from './test-service.ts'

let drover: TestService
let database: Database
let worker: Running | undefined
const agents = await mkdtemp(join(tmpdir(), 'drover-agents-'))

beforeAll(async () => {
  const agentsFile = join(agents, 'agents.json')
  const reader = { driver: 'cli', title: 'A reader', command: ['cat'], workerType: 'general' }
  await writeFile(agentsFile, JSON.stringify({ reader }))
  drover = await startTestService({ DROVER_CONCURRENCY: '0', DROVER_AGENTS_FILE: agentsFile })
  const url = drover.databaseUrl
  database = await openDatabase({ url, folder: '/nowhere', migrate: false, onWarning: () => undefined })
})

afterAll(async () => {
  await worker?.stop()
  await database.close()
  await drover[Symbol.asyncDispose]()
  await rm(agents, { recursive: true })
})

const send = (db: Db, taskId: string, name: string, content: string | Uint8Array, mediaType = 'text/plain') =>
  saveArtifact(
    db,
    { orgId: DEFAULT_ORG, taskId: taskId as Id<'task'> },
    { kind: 'attachment', name, mediaType, content },
  )

/** With these files, before any worker can have it. */
async function startWith(files: Record<string, string | Uint8Array>, body: object): Promise<Task> {
  await worker?.stop()
  const task = await drover.start({ codebase: 'app', ...body })
  await asSystem(database, async (db) => {
    for (const [name, content] of Object.entries(files)) await send(db, task.id, name, content)
  })
  worker = await drover.startWorker('worker', { DROVER_CONCURRENCY: '2' })
  return task
}

test('what is sent with a task reaches its agent as a file and a picture as a picture, and none of it is committed', async () => {
  const script = 'files\nrun cat ~/attachments/*/log.txt\nwrite a.txt :: a'
  const { id } = await startWith({ 'a shot.png': PICTURE, '../log.txt': 'the log' }, { prompt: script })
  const { result } = await drover.until(id, 'completed')
  expect(result?.text).toMatch(/- file: \/\S+\/attachments\/tsk_\w+\/a_shot.png \(image\/png\)/)
  expect(result?.text).toMatch(/- file: \/\S+\/log.txt \(text\/plain\)\n- picture: image\/png, \d+ bytes/)
  const events = await drover.events(id)
  expect(events).toContainEqual(expect.objectContaining({ type: 'tool', state: 'done', output: 'the log' }))
  expect(events).toContainEqual({ type: 'step', text: 'Sent along: a_shot.png, log.txt' })
  expect(await git(drover.repository, 'ls-tree', '-r', '--name-only', result?.branch ?? '')).toBe('README.md\na.txt')
})

test('with an answer the agent is told only of what came with it', async () => {
  const { id } = await startWith(
    { 'first.txt': '1' },
    { prompt: 'ask Which? One / Two\nfiles\nrun cat ~/attachments/*/*' },
  )
  await drover.until(id, 'waiting')
  await asSystem(database, (db) => send(db, id, 'second.txt', '2'))
  await drover.call('POST', `/v1/tasks/${id}/answer`, { text: 'Two' })
  const { result } = await drover.until(id, 'completed')
  expect(result?.text).toContain('second.txt')
  expect(result?.text).not.toContain('first.txt')
  expect(await drover.events(id)).toContainEqual(expect.objectContaining({ type: 'tool', state: 'done', output: '12' }))
})

test('what is sent in the middle of a turn goes with what is said then', async () => {
  const { id } = await startWith({ 'first.txt': '1' }, { prompt: 'write a.txt :: a\nsleep 60000' })
  const hasWritten = async () =>
    (await drover.events(id)).some(({ type, state }) => type === 'tool' && state === 'done')
  await expect.poll(hasWritten, { timeout: 15_000 }).toBe(true)
  await asSystem(database, async (db) => {
    await steerTask(db, id, 'files', 'mem_ann')
    await send(db, id, 'shot.png', PICTURE)
  })
  const { result } = await drover.until(id, 'completed')
  expect(result?.text).toMatch(/shot.png \(image\/png\)\n- picture: image\/png/)
  expect(result?.text).not.toContain('first.txt')
})

test('an agent that takes no pictures is told where they are, and the person that it takes none', async () => {
  const { id } = await startWith({ 'shot.png': PICTURE }, { prompt: 'Look at this', agent: 'reader' })
  const { result } = await drover.until(id, 'completed')
  expect(result?.text).toMatch(
    /^Look at this\n\nSent with this, outside of the repository: \/\S+\/shot.png \(image\/png\)/,
  )
  const text = 'A reader takes no pictures: it was told in which file each of them is.'
  expect(await drover.events(id)).toContainEqual({ type: 'notice', level: 'info', code: 'other', text })
  expect(await asSystem(database, (db) => listArtifacts(db, id, 'attachment'))).toHaveLength(1)
})
