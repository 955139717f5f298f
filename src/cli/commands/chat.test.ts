import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openTestCli, type TestCli } from '../../../test/cli-kit.ts'
import { startConsole } from '../../../test/console-kit.ts'
import { createTerminal } from '../../../test/fakes/terminal.ts'
import type { TestApi } from '../../../test/http-kit.ts'
import { addMessage } from '../../conversations/store.ts'
import { asSystem } from '../../db/scope.ts'
import { appendEvents } from '../../events/store.ts'
import type { ConsoleMessage, TaskList } from '../../http/wire.ts'
import { ask } from '../../questions/store.ts'
import type { Run } from '../../tasks/task.ts'
import { findTask, parkTask, settleTask } from '../../tasks/store.ts'

/** A worker with one agent: it answers each prompt with the prompt, asks back where it begins with "ask", and never ends what begins with "hold". */
function startEcho({ api }: TestCli) {
  const stopping = new AbortController()
  const running = (async () => {
    let held: Run | undefined
    while (!stopping.signal.aborted) {
      await sleep(20)
      if (held && (await endWhereCancelled(api, held))) held = undefined
      const { tasks } = await api.get<TaskList>('/v1/tasks?status=pending')
      if (tasks.length === 0) continue
      // One that somebody looks at this moment is claimed the next time.
      const run = await api.claim().catch(() => undefined)
      if (!run) continue
      await asSystem(api.database, async (db) => {
        const task = await findTask(db, run.taskId)
        if (!task) return
        const answer = task.input.answer as { choice?: string; text?: string } | undefined
        if (task.prompt.startsWith('ask') && !answer) {
          const choices = [{ id: 'r', label: 'Red', effect: 'pick' }]
          const question = { kind: 'question' as const, title: 'Which?', choices, freeText: true }
          await parkTask(db, run, 'input')
          const conversationId = task.conversationId ?? ''
          return ask(db, { ...question, orgId: run.orgId, conversationId, taskId: task.id })
        }
        if (task.prompt.startsWith('hold')) {
          held = run
          return appendEvents(db, run, [{ type: 'text', text: 'Holding' }])
        }
        const text = `You said ${answer?.choice ?? answer?.text ?? task.prompt}.`
        await appendEvents(db, run, [{ type: 'text', text }])
        if (task.prompt.startsWith('fail'))
          return void (await settleTask(db, run, 'failed', { failure: { class: 'other', message: 'It broke.' } }))
        await addMessage(db, { orgId: run.orgId, conversationId: task.conversationId ?? '', author: 'agent', text })
        await settleTask(db, run, 'completed', { result: { text, durationMs: 1 } })
      })
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

const endWhereCancelled = ({ database }: TestApi, run: Run) =>
  asSystem(database, async (db) => {
    const task = await findTask(db, run.taskId)
    if (!task?.cancelRequested) return false
    await settleTask(db, run, 'cancelled', {})
    return true
  })

/** Both stages and a worker, behind the command line. */
async function openTalk() {
  const stack = new AsyncDisposableStack()
  const cli = stack.use(await openTestCli())
  stack.use(await startConsole(cli.api))
  stack.use(startEcho(cli))
  return {
    cli,
    /** In a terminal of its own; `ended` is how it ended. */
    openTerminal(...args: string[]) {
      const terminal = createTerminal({ columns: 100 })
      const io = { ...terminal, stderr: terminal.stdout }
      const ended = cli.drover(['chat', ...args], { io }).then(({ code }) => code)
      async function shows(text: string | RegExp) {
        await expect.poll(() => terminal.text()).toMatch(text)
      }
      return { ...terminal, ended, shows }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

test('lines from a pipe are messages of one conversation, one after the other', async () => {
  await using talk = await openTalk()
  const { cli } = talk
  const { code, out, err } = await cli.drover(['chat'], { input: 'one\n\n/getcwd\ntwo\n/quit\nthree\n' })
  expect(out).toBe('You said one.\nCurrent working directory: /workspace/app\nYou said two.\n')
  expect(code).toBe(0)
  const { tasks } = await cli.api.get<TaskList>('/v1/tasks')
  expect(tasks.map(({ prompt }) => prompt)).toEqual(['two', 'one'])
  const [id] = new Set(tasks.map(({ conversationId }) => conversationId))
  expect(err).toContain(`Go on with: drover chat --conversation ${id}`)
  // The first words name it.
  expect(await cli.api.get(`/v1/conversations/${id}`)).toMatchObject({ title: 'one' })

  const resumed = await cli.drover(['chat', '--conversation', String(id)], { input: 'three\n' })
  expect(resumed.err).toMatch(/you: one\nagent: You said one\.\nyou: two\nagent: You said two\./)
  // What stood there before is told once, as the past.
  expect(resumed.out).toBe('You said three.\n')
  const newest = (await cli.api.get<TaskList>('/v1/tasks')).tasks[0]
  expect(newest).toMatchObject({ prompt: 'three', conversationId: id })
})

test('a question of the agent is answered with the next line', async () => {
  await using talk = await openTalk()
  const { code, out, err } = await talk.cli.drover(['chat'], { input: 'ask me\nred\nask again\n1\nask\nmauve\n' })
  expect(code).toBe(0)
  expect(err).toMatch(/Which\?[^]*\n {2}1\) Red\n/)
  expect(out).toBe('You said r.\nYou said r.\nYou said mauve.\n')
})

test('a question that nobody answers stays open, and is asked again where the conversation goes on', async () => {
  await using talk = await openTalk()
  const first = await talk.cli.drover(['chat'], { input: 'ask me\n' })
  const [, id] = /It waits for your answer with: drover chat --conversation (cnv_\w+)/.exec(first.err) ?? []
  expect([first.code, first.out]).toEqual([1, ''])
  const second = await talk.cli.drover(['chat', '--conversation', String(id)], { input: 'red\n' })
  expect(second.err).toContain('Which?')
  expect([second.code, second.out]).toEqual([0, 'You said r.\n'])
})

test('the exit code is that of the last message', async () => {
  await using talk = await openTalk()
  const { cli } = talk
  expect(await cli.drover(['chat'], { input: 'fail\n' })).toMatchObject({
    code: 1,
    out: expect.stringContaining('It broke.'),
  })
  expect(await cli.drover(['chat'], { input: 'fail\none\n' })).toMatchObject({ code: 0 })
  expect(await cli.drover(['chat'], { input: '/nonsense\n' })).toMatchObject({
    code: 2,
    out: expect.stringContaining('/help'),
  })
})

test('with --json each shown message is a line; a message that is refused does not end the conversation', async () => {
  await using talk = await openTalk()
  const input = `${'x'.repeat(2 ** 20 + 1)}\none\n`
  const { code, out, err } = await talk.cli.drover(['chat', '--json'], { input })
  expect(err).toContain('1 MiB')
  const lines = out.trim().split('\n')
  const messages = lines.map((line) => JSON.parse(line) as ConsoleMessage)
  expect(messages).toMatchObject([
    { by: 'drover', kind: 'card', isFinal: true },
    { by: 'drover', kind: 'answer', text: 'You said one.', isFinal: true },
  ])
  expect(code).toBe(0)
})

test('outside of a repository there is a conversation all the same, and it says how to come by one', async () => {
  await using talk = await openTalk()
  const { code, out } = await talk.cli.drover(['chat'], { folder: '/', input: 'hello\n' })
  expect(out).toContain('/clone')
  expect(code).toBe(2)
  const named = await talk.cli.drover(['chat', '--repo', './none'], { folder: '/', input: 'hello\n' })
  expect(named).toMatchObject({ code: 2, err: expect.stringContaining('/none') })
})

test('another agent works in a conversation that goes on', async () => {
  await using talk = await openTalk()
  const { err } = await talk.cli.drover(['chat'], { input: 'one\n' })
  const [, id] = /--conversation (cnv_\w+)/.exec(err) ?? []
  const { out } = await talk.cli.drover(['chat', '--conversation', String(id), '--agent', 'aider'], { input: '' })
  expect(out).toContain('Assistant: aider')
  expect(await talk.cli.api.get(`/v1/conversations/${id}`)).toMatchObject({ agent: 'aider' })
})

test('a conversation that is not there is wrong use', async () => {
  await using talk = await openTalk()
  const { code, err } = await talk.cli.drover(['chat', '--conversation', 'cnv_none'], { input: 'x\n' })
  expect([code, err]).toEqual([2, 'drover: There is no conversation cnv_none.\n'])
})

test('in a terminal one types while the agent works, and the card is drawn in place', async () => {
  await using talk = await openTalk()
  const { type, text, shows, ended } = talk.openTerminal()
  await shows(/\/quit[^]*\nyou>$/)
  type('hold it\r')
  // The card lives below the answer that grows, above the prompt.
  await shows(/\nyou> hold it\nHolding\n.*scripted.*\nyou>$/)
  type('/getcwd\r')
  await shows(/Current working directory: \/workspace\/app\nHolding\n.*scripted.*\nyou>$/)
  // What has moved on is not left behind.
  expect(text().match(/Holding/g)).toHaveLength(1)
  type('\u0003')
  await shows(/Stopping: hold it[^]*Stopped/)
  expect(text().match(/you> hold it/g)).toHaveLength(1)
  type('/quit\r')
  expect(await ended).toBe(0)
  expect(text()).toMatch(/Go on with: drover chat --conversation cnv_\w+$/)
})

test('in a terminal a question is answered at its prompt, and Ctrl-D leaves', async () => {
  await using talk = await openTalk()
  const { type, text, shows, ended } = talk.openTerminal()
  type('ask me\r')
  await shows(/Which\?[^]* {2}1\) Red\n[^]*answer>$/)
  type('1\r')
  await shows(/You said r\.\n[^]*you>$/)
  type('\u0004')
  expect(await ended).toBe(0)
  expect(text()).toContain('answer> 1')
})

test('what is said in another terminal is seen in this one', async () => {
  await using talk = await openTalk()
  const first = talk.openTerminal()
  first.type('one\r')
  await first.shows('You said one.')
  const [{ conversationId } = {}] = (await talk.cli.api.get<TaskList>('/v1/tasks')).tasks
  const second = talk.openTerminal('--conversation', String(conversationId))
  await second.shows(/you: one\nagent: You said one\./)
  second.type('two\r')
  await first.shows(/test \(console\): two[^]*You said two\./)
  await second.shows(/You said two\./)
  expect(second.text()).not.toContain('test (console)')
  for (const { type, ended } of [first, second]) {
    type('\u0004')
    expect(await ended).toBe(0)
  }
})

/** In a pipe: a message that the agent never ends by itself, and one behind it. */
function startHolding({ cli }: Awaited<ReturnType<typeof openTalk>>) {
  const io = { stdin: new PassThrough(), stdout: new PassThrough().resume(), stderr: new PassThrough().resume() }
  const ended = cli.drover(['chat'], { io })
  io.stdin.write('hold\nnever\n')
  return ended
}

async function tasksOf({ api }: TestCli) {
  const { tasks } = await api.get<TaskList>('/v1/tasks')
  return tasks.map(({ prompt, status }) => [prompt, status])
}

test('Ctrl-C stops what runs, and what stands behind it in the pipe is not said', async () => {
  await using talk = await openTalk()
  const ended = startHolding(talk)
  await expect.poll(() => tasksOf(talk.cli)).toEqual([['hold', 'running']])
  process.emit('SIGINT')
  expect((await ended).code).toBe(130)
  expect(await tasksOf(talk.cli)).toEqual([['hold', 'cancelled']])
})

test('the second Ctrl-C leaves at once', async () => {
  await using talk = await openTalk()
  const ended = startHolding(talk)
  await expect.poll(() => tasksOf(talk.cli)).toEqual([['hold', 'running']])
  process.emit('SIGINT')
  process.emit('SIGINT')
  expect((await ended).code).toBe(130)
})
