import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openTestCli, type TestCli } from '../../../test/cli-kit.ts'
import { addMessage } from '../../conversations/store.ts'
import { asSystem } from '../../db/scope.ts'
import { appendEvents } from '../../events/store.ts'
import type { Task, TaskList } from '../../http/wire.ts'
import { findTask, parkTask, settleTask } from '../../tasks/store.ts'

/** A worker with one agent: it answers each prompt with the prompt, and asks back where the prompt begins with "ask". */
function startEcho({ api }: TestCli) {
  const stopping = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(20)
      const { tasks } = await api.get<TaskList>('/v1/tasks?status=pending')
      if (tasks.length === 0) continue
      const run = await api.claim()
      await asSystem(api.database, async (db) => {
        const task = await findTask(db, run.taskId)
        if (!task) return
        const answer = task.input.answer as { choice?: string; text?: string } | undefined
        if (task.prompt.startsWith('ask') && !answer) {
          const choices = [{ id: 'r', label: 'Red' }]
          await appendEvents(db, run, [
            { type: 'question', id: 'q', kind: 'question', title: 'Which?', choices, freeText: true },
          ])
          return void (await parkTask(db, run, 'input'))
        }
        const text = `You said ${answer?.choice ?? answer?.text ?? task.prompt}.`
        await appendEvents(db, run, [{ type: 'text', text }])
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

test('lines from a pipe are messages of one conversation, one after the other', async () => {
  await using cli = await openTestCli()
  await using stack = new AsyncDisposableStack()
  stack.use(startEcho(cli))
  const { code, out, err } = await cli.drover(['chat'], { input: 'one\n\n/help\ntwo\n/quit\nthree\n' })
  expect(code).toBe(0)
  expect(out).toMatch(/You said one\.[^]*You said two\./)
  expect(out).not.toContain('three')
  expect(err).toContain('/quit')
  const { tasks } = await cli.api.get<TaskList>('/v1/tasks')
  expect(tasks.map(({ prompt }) => prompt)).toEqual(['two', 'one'])
  const [id] = new Set(tasks.map(({ conversationId }) => conversationId))
  expect(err).toContain(`drover chat --conversation ${id}`)

  const resumed = await cli.drover(['chat', '--conversation', String(id)], { input: 'three\n' })
  expect(resumed.err).toMatch(/you: one\nagent: You said one\.\nyou: two\nagent: You said two\./)
  const newest = (await cli.api.get<TaskList>('/v1/tasks')).tasks[0]
  expect(newest).toMatchObject({ prompt: 'three', conversationId: id })
})

test('a question of the agent is answered with the next line', async () => {
  await using cli = await openTestCli()
  await using stack = new AsyncDisposableStack()
  stack.use(startEcho(cli))
  const { code, out, err } = await cli.drover(['chat'], { input: 'ask me\nred\nask again\nmauve\n' })
  expect(code).toBe(0)
  expect(err).toContain('? Which?\n  1) Red')
  expect(out).toContain('You said r.')
  expect(out).toContain('You said mauve.')
})

test('with --json each answer is a line; a message that is refused does not end the conversation', async () => {
  await using cli = await openTestCli()
  await using stack = new AsyncDisposableStack()
  stack.use(startEcho(cli))
  const input = `${'x'.repeat(2 ** 20 + 1)}\none\n`
  const { code, out, err } = await cli.drover(['chat', '--json'], { input })
  expect(err).toContain('1 MiB')
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Task).prompt),
  ).toEqual(['one'])
  expect(code).toBe(0)
})

test('a conversation that is not there is wrong use', async () => {
  await using cli = await openTestCli()
  const { code, err } = await cli.drover(['chat', '--conversation', 'cnv_none'], { input: 'x\n' })
  expect([code, err]).toEqual([2, 'drover: There is no conversation cnv_none.\n'])
})
