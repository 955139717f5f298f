import { expect, test } from 'vitest'
import type { Exit } from '../../lib/process.ts'
import { AIDER } from './aider.ts'

const EXITED: Exit = { code: 0, signal: null }

function read(...lines: string[]) {
  const reader = AIDER.createReader()
  const events = lines.flatMap((line) => reader.readLine(line))
  return { events, judge: (exit: Exit = EXITED) => reader.judge(exit, '') }
}

test('the banner is no answer', () => {
  const { events } = read(
    'Aider v0.86.2',
    'Main model: openrouter/x with diff edit format',
    'Repo-map: using 1024 tokens',
  )
  expect(events).toEqual([])
})

test('tokens and cost add up over the messages of a turn', () => {
  const { events } = read(
    'Tokens: 1.2k sent, 3k cache write, 500 cache hit, 56 received. Cost: $0.0045 message, $0.0045 session.',
    'Tokens: 900 sent, 20 received. Cost: $0.0005 message, $0.0050 session.',
  )
  expect(events.at(-1)).toMatchObject({
    type: 'spend',
    total: {
      inputTokens: 2100,
      outputTokens: 76,
      cacheWriteTokens: 3000,
      cacheReadTokens: 500,
      usd: 0.005,
      basis: 'agent',
    },
  })
})

test('a model without a known price costs "unknown"', () => {
  const { events } = read('Tokens: 900 sent, 20 received.')
  expect(events).toMatchObject([{ total: { inputTokens: 900, usd: null, basis: 'unknown' } }])
})

test('edits and commits are tools, the rest is the answer', () => {
  const { events } = read('I will do that.', 'Applied edit to src/a.ts', 'Commit abc1234 feat: add a')
  expect(events).toMatchObject([
    { type: 'text', text: 'I will do that.\n' },
    { type: 'tool', kind: 'edit', state: 'done', files: [{ path: 'src/a.ts', change: 'update' }] },
    { type: 'tool', kind: 'other', title: 'commit feat: add a' },
  ])
})

test.each([
  ['litellm.AuthenticationError: AuthenticationError: {"code":401}', 'auth'],
  ['litellm.RateLimitError: RateLimitError: slow down', 'rate_limit'],
  ['litellm.RateLimitError: You exceeded your current quota', 'quota'],
  ['litellm.APIConnectionError: cannot connect', 'network'],
  ['litellm.InternalServerError: Overloaded', 'overloaded'],
  ['litellm.BadRequestError: no such model', 'invalid_request'],
  ['litellm.SomethingNewError: ?', 'other'],
])('“%s” fails as %s although the exit code is 0', (line, why) => {
  expect(read(line).judge()).toEqual({ status: 'failed', why, detail: line })
})

test('an error that was overcome is no failure', () => {
  const { judge } = read('litellm.RateLimitError: slow down', 'Retrying in 0.2 seconds...', 'Applied edit to a.ts')
  expect(judge()).toEqual({ status: 'done' })
})

test('an exit code other than 0 is a failure', () => {
  expect(read('usage: aider').judge({ code: 2, signal: null })).toMatchObject({ status: 'failed', why: 'other' })
})
