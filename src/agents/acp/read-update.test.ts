import { expect, test } from 'vitest'
import { createToolReader } from './read-tool.ts'
import { readUpdate } from './read-update.ts'

const tools = createToolReader('/workspace', [])

test('what opencode writes into its list of to-dos is a plan', () => {
  const list = [
    { content: 'write', priority: 'medium', status: 'in_progress' },
    { content: 'check', priority: 'medium', status: 'something new' },
  ]
  const update = { sessionUpdate: 'tool_call_update', toolCallId: 't', title: 'todowrite' } as const
  expect(readUpdate({ ...update, rawInput: { todos: list } }, tools)).toEqual({
    type: 'plan',
    items: [
      { text: 'write', state: 'active' },
      { text: 'check', state: 'pending' },
    ],
  })
  expect(readUpdate({ ...update, rawInput: {} }, tools)).toMatchObject({ type: 'tool' })
})

/** As codex-acp 2.6 tells it to those who ask for it. */
const failure = (severity: string) => ({
  jetbrains: {
    air: { version: 1, sessionFailure: { severity, category: 'connection', title: 'Reconnecting... 1/2' } },
  },
})

test('that Codex tries again is told; why it failed comes with the end of the turn', () => {
  const update = { sessionUpdate: 'session_info_update' } as const
  expect(readUpdate({ ...update, _meta: failure('warning') }, tools)).toEqual({
    type: 'notice',
    level: 'info',
    code: 'retry',
    text: 'Reconnecting... 1/2',
  })
  expect(readUpdate({ ...update, _meta: failure('error') }, tools)).toBeUndefined()
  expect(readUpdate({ ...update, title: 'A name for the session' }, tools)).toBeUndefined()
})
