import { expect, test } from 'vitest'
import { plainLaunch as launch } from '../../../test/fakes/plain-launch.ts'
import type { AgentEvent, Reply } from '../driver.ts'
import { openFakeSession, recording } from './fake-sdk.ts'

async function replay(lines: unknown[], reply?: () => Reply) {
  const { run, session } = openFakeSession(() => lines, { launch, ...(reply && { reply }) })
  const played = await run('go on')
  await session.close()
  return played
}

function ofType<Type extends AgentEvent['type']>(events: AgentEvent[], type: Type) {
  return events.filter((event): event is Extract<AgentEvent, { type: Type }> => event.type === type)
}

test('the token comes first; texts between tools are paragraphs of the answer', async () => {
  const { events, outcome } = await replay(recording('edit'))
  expect(events[0]).toMatchObject({ type: 'session', resume: outcome.resume, agentVersion: '2.1.330' })
  expect(outcome.text).toBe('I write the file.\n\nThat was the file.')
  expect(ofType(events, 'thought').map(({ text }) => text)).toEqual(['A file is wanted.'])
})

test('a file is shown with its texts once, and in the end with what really became of it', async () => {
  const { events } = await replay(recording('edit'))
  const tools = ofType(events, 'tool')
  expect(tools.map(({ title, kind, state }) => `${title}: ${kind}, ${state}`)).toEqual([
    'Write notes.md: edit, running',
    'Write notes.md: edit, done',
    'Write notes.md: edit, running',
    'Write notes.md: edit, done',
    'Read missing.md: read, running',
    'Read missing.md: read, failed',
  ])
  expect(tools.slice(0, 4).map(({ files }) => files)).toEqual([
    [{ path: 'notes.md', change: 'add', newText: 'hello\n' }],
    [{ path: 'notes.md', change: 'add' }],
    [{ path: 'notes.md', change: 'add', newText: 'hello again\n' }],
    [{ path: 'notes.md', change: 'update', oldText: 'hello\n' }],
  ])
})

test('a turn costs what was used since the last result', async () => {
  const { outcome } = await replay(recording('edit'))
  expect(outcome.spend).toMatchObject({ inputTokens: 400, outputTokens: 80, basis: 'agent' })
  expect(outcome.spend.usd).toBeCloseTo(0.0032)
})

test('a price that Claude only guesses is no price', async () => {
  const usage = { inputTokens: 9, outputTokens: 3, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUSD: 1 }
  const model_usage_since_last_result = {
    known: { ...usage, costBasis: 'list' },
    odd: { ...usage, costBasis: 'unknown' },
  }
  const { outcome } = await replay([
    { type: 'result', subtype: 'success', is_error: false, model_usage_since_last_result },
  ])
  expect(outcome.spend).toMatchObject({ inputTokens: 18, outputTokens: 6, usd: null, basis: 'unknown' })
})

test('a list of things to do is the plan, and no tool', async () => {
  const { events } = await replay(recording('todos'))
  expect(ofType(events, 'tool')).toEqual([])
  expect(ofType(events, 'plan').map(({ items }) => items)).toEqual([
    [
      { text: 'write', state: 'active' },
      { text: 'check', state: 'pending' },
    ],
    [
      { text: 'write', state: 'done' },
      { text: 'check', state: 'done' },
    ],
  ])
})

test('tasks that are created and changed one by one are folded into a plan', async () => {
  const { events } = await replay(recording('tasks'))
  expect(ofType(events, 'tool')).toEqual([])
  const plans = ofType(events, 'plan').map(({ items }) => items.map(({ text, state }) => `${text} ${state}`).join(', '))
  expect(plans).toEqual([
    'write pending',
    'write pending, check pending',
    'write active, check pending',
    'write done, check pending',
    'write done, check twice done',
    'write done, check twice done',
  ])
})

test('what a subagent does is shown, what it says is not the answer', async () => {
  const { events, outcome } = await replay(recording('subagent'))
  expect(outcome.text).toBe('I ask a subagent.\n\nIt looked around.')
  expect(ofType(events, 'tool').map(({ title, state }) => `${title}: ${state}`)).toEqual([
    'Agent look around: running',
    'echo found > found.txt: running',
    'echo found > found.txt: done',
    'Agent look around: done',
  ])
  expect(ofType(events, 'tool').at(-1)?.output).toMatch(/The subagent is done\.$/)
})

test('an answer that did not come as a stream is told as a whole', async () => {
  const lines = recording('edit').filter((line) => (line as { type: string }).type !== 'stream_event')
  const { outcome } = await replay(lines)
  expect(outcome.text).toBe('I write the file.\n\nThat was the file.')
})

test('a tool that a rule of Claude’s own forbids is shown as denied', async () => {
  const call = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'curl example.com' } }
  const refusal = { type: 'tool_result', tool_use_id: 'toolu_1', is_error: true, content: 'No.' }
  const { events } = await replay([
    { type: 'assistant', message: { id: 'msg_1', content: [call] } },
    { type: 'system', subtype: 'permission_denied', tool_use_id: 'toolu_1' },
    { type: 'user', message: { content: [refusal] } },
    { type: 'result', subtype: 'success', is_error: false },
  ])
  expect(ofType(events, 'tool').map(({ state }) => state)).toEqual(['running', 'denied', 'denied'])
})

test('what a later release says, and what is broken, is passed over', async () => {
  const { outcome } = await replay([
    { type: 'hologram', size: 3 },
    { type: 'assistant', message: { id: 'msg_1', content: [{ type: 'hologram' }, { type: 'text', text: 'Hello.' }] } },
    'nonsense',
    null,
    { type: 'result', subtype: 'success', is_error: false, model_usage_since_last_result: 'much' },
  ])
  expect(outcome).toMatchObject({ status: 'done', text: 'Hello.' })
})
