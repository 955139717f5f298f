import { setTimeout as sleep } from 'node:timers/promises'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTestCli, runWith, type TestCli } from '../../../test/cli-kit.ts'
import { asSystem } from '../../db/scope.ts'
import { appendEvents } from '../../events/store.ts'
import type { LoggedEvent } from '../../events/event.ts'
import type { CodebaseList, Task, TaskList } from '../../http/wire.ts'
import { cancelTask, parkTask, settleTask } from '../../tasks/store.ts'
import type { Run, TaskResult } from '../../tasks/task.ts'

/** Waits for the task that the command starts, and claims it as a worker does. */
async function claimSoon({ api }: TestCli): Promise<Run> {
  for (;;) {
    const { tasks } = await api.get<TaskList>('/v1/tasks?status=pending')
    if (tasks.length > 0) return api.claim()
    await sleep(20)
  }
}

const tell = ({ api }: TestCli, run: Run, ...events: LoggedEvent[]) =>
  asSystem(api.database, (db) => appendEvents(db, run, events))
const complete = ({ api }: TestCli, run: Run, result: Partial<TaskResult> = {}) =>
  asSystem(api.database, (db) => settleTask(db, run, 'completed', { result: { text: '', durationMs: 1, ...result } }))

test('run adds the repository of the folder, shows the work as it comes, and how to look at it', async () => {
  await using cli = await openTestCli()
  const running = cli.drover(['run', 'Say hello'])
  const run = await claimSoon(cli)
  await tell(cli, run, { type: 'step', text: 'Cloned' }, { type: 'text', text: 'Hello' })
  const commits = [{ sha: 'abcdef0123456789', subject: 'Say hello' }]
  await complete(cli, run, {
    branch: 'drover/say-hello-1',
    base: '0123456789abcdef',
    head: 'abcdef0123456789',
    commits,
    diffStat: ' a | 1 +\n',
  })
  const { code, out, err } = await running
  expect(code).toBe(0)
  expect(err).toContain(`Added the codebase app (${cli.repository})`)
  expect(err).toContain('· Cloned')
  expect(out).toContain('Hello\n')
  expect(out).toContain('Branch drover/say-hello-1, 1 commit\n  abcdef0123 Say hello\n a | 1 +\n')
  expect(out).toContain(`git -C ${cli.repository} diff 0123456789..drover/say-hello-1`)
})

test('a second repository of the same name gets another one, and a known one is not added again', async () => {
  await using cli = await openTestCli()
  await cli.api.post('/v1/codebases', { url: '/elsewhere/app' })
  for (const _ of [1, 2]) {
    const running = cli.drover(['run', 'x', '--json'])
    await complete(cli, await claimSoon(cli))
    expect((await running).code).toBe(0)
  }
  const { codebases } = await cli.api.get<CodebaseList>('/v1/codebases')
  expect(codebases.map(({ name, url }) => [name, url])).toEqual([
    ['app', '/elsewhere/app'],
    ['app-2', cli.repository],
  ])
})

test('with --json standard output is the task and nothing else', async () => {
  await using cli = await openTestCli()
  const running = cli.drover(['run', 'x', '--json', '--agent', 'aider'])
  const run = await claimSoon(cli)
  await tell(cli, run, { type: 'text', text: 'not here' })
  await complete(cli, run, { text: 'not here' })
  const { code, out } = await running
  expect(code).toBe(0)
  expect(JSON.parse(out) as Task).toMatchObject({ status: 'completed', agent: 'aider', result: { text: 'not here' } })
})

test('a prompt from a file has what was said in its places, and not the settings above it', async () => {
  await using cli = await openTestCli()
  const file = join(cli.repository, 'plan.md')
  await writeFile(file, '---\nmodel: large\n---\nPlan $1, all: $ARGUMENTS\n')
  const running = cli.drover(['run', "login 'the phone'", '--file', file, '--json'])
  await complete(cli, await claimSoon(cli))
  expect(JSON.parse((await running).out)).toMatchObject({ prompt: "Plan login, all: login 'the phone'" })
  expect(await cli.drover(['run', 'x', '--file', '/nowhere.md'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('/nowhere.md cannot be read'),
  })
  expect(await cli.drover(['run'])).toMatchObject({ code: 2, err: expect.stringContaining('--file') })
})

test('a task that fails or is cancelled is 1', async () => {
  await using cli = await openTestCli()
  const failing = cli.drover(['run', 'x'])
  const run = await claimSoon(cli)
  const failure = { class: 'auth' as const, message: 'Log in: `agent login`.' }
  await asSystem(cli.api.database, (db) => settleTask(db, run, 'failed', { failure }))
  expect(await failing).toMatchObject({ code: 1, out: expect.stringContaining('Log in: `agent login`.') })
  const cancelled = cli.drover(['run', 'x'])
  const { taskId } = await claimSoon(cli)
  await asSystem(cli.api.database, (db) => cancelTask(db, taskId))
  await asSystem(cli.api.database, (db) => settleTask(db, { taskId, orgId: run.orgId, attempt: 1 }, 'cancelled', {}))
  expect(await cancelled).toMatchObject({ code: 1, out: expect.stringContaining('Cancelled') })
})

test('the first Ctrl-C cancels the task', async () => {
  await using cli = await openTestCli()
  const running = cli.drover(['run', 'x'])
  const run = await claimSoon(cli)
  await tell(cli, run, { type: 'step', text: 'Works' })
  process.emit('SIGINT')
  for (let task: Task | undefined; task?.cancelRequested !== true; await sleep(20))
    task = await cli.api.get<Task>(`/v1/tasks/${run.taskId}`)
  await asSystem(cli.api.database, (db) => settleTask(db, run, 'cancelled', {}))
  const { code, err } = await running
  expect(code).toBe(130)
  expect(err).toContain('Ctrl-C again leaves at once')
})

test('the second Ctrl-C leaves, and the task goes on', async () => {
  await using cli = await openTestCli()
  const running = cli.drover(['run', 'x'])
  const run = await claimSoon(cli)
  process.emit('SIGINT')
  process.emit('SIGINT')
  expect(await running).toMatchObject({ code: 130, err: expect.stringContaining(`drover task show ${run.taskId}`) })
})

test('a question that nobody is there to answer is shown with the command that answers it', async () => {
  await using cli = await openTestCli()
  const running = cli.drover(['run', 'x'])
  const run = await claimSoon(cli)
  const choices = [{ id: 'r', label: 'Red' }]
  await tell(cli, run, { type: 'question', id: 'q', kind: 'question', title: 'Which?', choices, freeText: true })
  await asSystem(cli.api.database, (db) => parkTask(db, run, 'input'))
  const { code, err } = await running
  expect(code).toBe(1)
  expect(err).toContain(`? Which?\n  1) Red\nIt waits for your answer: drover task answer ${run.taskId}`)
})

test('without a repository, or with one that is not there, run says what to do', async () => {
  await using cli = await openTestCli()
  const folder = await mkdtemp(join(tmpdir(), 'drover-none-'))
  expect(await cli.drover(['run', 'x'], { folder })).toMatchObject({ code: 2, err: expect.stringContaining('--repo') })
  expect(await cli.drover(['run', 'x', '--repo', './nowhere'])).toMatchObject({ code: 2 })
  expect(await cli.drover(['run', 'x', '--repo', 'unknown'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('no codebase unknown'),
  })
  expect(await cli.drover(['run', 'x', '--repo', 'https://git.example/missing'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('There is no repository at'),
  })
  expect((await cli.api.get<CodebaseList>('/v1/codebases')).codebases).toEqual([])
  await rm(folder, { recursive: true })
})

test('where no service runs, one is started for the command and stopped after it', async () => {
  await using cli = await openTestCli()
  let stops = 0
  const running = runWith(['run', 'x', '--json'], {
    folder: cli.repository,
    env: { PORT: '1' },
    async startService(options) {
      expect(options).toEqual({ port: 0, quiet: true })
      return { url: cli.url, apiKey: cli.api.key, summary: [], stop: async () => void (stops += 1) }
    },
  })
  await complete(cli, await claimSoon(cli))
  expect((await running).code).toBe(0)
  expect(stops).toBe(1)
})
