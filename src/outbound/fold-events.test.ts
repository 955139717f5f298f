import { describe, expect, test } from 'vitest'
import type { LoggedEvent, TaskEvent } from '../events/event.ts'
import { cardNews, foldEvents, nothingFolded } from './fold-events.ts'

const at = new Date('2026-11-21T12:00:00Z')
const logged = (events: readonly LoggedEvent[], { attempt = 1, from = 1 } = {}): TaskEvent[] =>
  events.map((event, index) => ({ taskId: 'tsk_1', seq: from + index, attempt, at, event }))
const newsOf = (...events: LoggedEvent[]) => cardNews(foldEvents(nothingFolded, logged(events)))

const tool = (id: string, title: string, state: 'running' | 'done' | 'failed' = 'running'): LoggedEvent => ({
  type: 'tool',
  id,
  kind: 'read',
  title,
  state,
})
const spend = (usd: number | null, inputTokens: number, outputTokens = 0): LoggedEvent => ({
  type: 'spend',
  total: {
    inputTokens,
    outputTokens,
    cacheReadTokens: 7,
    cacheWriteTokens: 7,
    reasoningTokens: 0,
    usd,
    basis: usd === null ? 'unknown' : 'priced',
  },
})
const warning = { type: 'notice', level: 'warn', code: 'retry', text: 'The model is busy.' } as const

test('of nothing there is no news', () => {
  expect(newsOf()).toEqual({ step: undefined, plan: [], tools: [], usd: undefined })
})

test('events that are in it already change nothing', () => {
  const events = logged([tool('a', 'Read a'), spend(1, 10), { type: 'step', text: 'Pushed' }])
  const once = foldEvents(nothingFolded, events)
  expect(foldEvents(once, events)).toEqual(once)
  expect(foldEvents(foldEvents(nothingFolded, events.slice(0, 1)), events)).toEqual(once)
  expect(JSON.parse(JSON.stringify(once))).toEqual(once)
})

describe('the step', () => {
  test('is what was begun last', () => {
    expect(newsOf({ type: 'step', text: 'Cloning' }, tool('a', 'Read a')).step).toBe('Read a')
    expect(newsOf(tool('a', 'Read a'), { type: 'step', text: 'Committed 12ab' }).step).toBe('Committed 12ab')
    expect(
      newsOf(tool('a', 'Read a'), {
        type: 'question',
        id: 'q',
        kind: 'question',
        title: 'Which one?',
        choices: [],
        freeText: true,
      }).step,
    ).toBe('Which one?')
  })

  test('is not an older tool that ends', () => {
    expect(newsOf(tool('a', 'Read a'), tool('b', 'Read b'), tool('a', 'Read a', 'done'))).toMatchObject({
      step: 'Read b',
      tools: ['Read a', 'Read b'],
    })
  })

  test('says that a tool failed', () => {
    expect(newsOf(tool('a', 'npm test'), tool('a', 'npm test', 'failed'))).toMatchObject({
      step: '✗ npm test (failed)',
      tools: ['✗ npm test (failed)'],
    })
  })

  test('is over with a new attempt, and at the end', () => {
    expect(newsOf(tool('a', 'Read a'), { type: 'state', to: 'running' })).toMatchObject({ tools: [] })
    expect(newsOf(tool('a', 'Read a'), { type: 'state', to: 'running' }).step).toBeUndefined()
    expect(newsOf(tool('a', 'Read a'), { type: 'state', to: 'completed' }).step).toBeUndefined()
  })

  test.each<[LoggedEvent, string | undefined]>([
    [{ type: 'state', to: 'failed', failure: { class: 'auth', message: 'Log in.' } }, 'Log in.'],
    [
      {
        type: 'state',
        to: 'scheduled',
        runAt: '2026-11-21T14:30:12.123Z',
        failure: { class: 'network', message: 'No answer.' },
      },
      'Tried again at 2026-11-21 14:30 UTC. No answer.',
    ],
    [{ type: 'state', to: 'scheduled', runAt: '2026-11-21T14:30:12.123Z' }, undefined],
    [
      { type: 'state', to: 'pending', failure: { class: 'crashed', message: 'It crashed.' } },
      'Tried again. It crashed.',
    ],
    [
      { type: 'state', to: 'waiting', waitingFor: 'limit', runAt: '2026-11-21T14:30:00+02:00' },
      'Until 2026-11-21 12:30 UTC.',
    ],
    [
      {
        type: 'state',
        to: 'waiting',
        waitingFor: 'input',
        failure: { class: 'budget', message: 'The budget is spent.' },
      },
      'The budget is spent.',
    ],
  ])('says why it stands still: %o', (event, step) => {
    expect(newsOf(tool('a', 'Read a'), event).step).toBe(step)
  })

  test('stays the question while the task waits for its answer', () => {
    const question: LoggedEvent = {
      type: 'question',
      id: 'q',
      kind: 'question',
      title: 'Which one?',
      choices: [],
      freeText: true,
    }
    const parked: LoggedEvent = { type: 'state', to: 'waiting', waitingFor: 'input' }
    expect(newsOf(tool('a', 'Read a'), question, parked).step).toBe('Which one?')
    expect(newsOf(tool('a', 'Read a'), parked, question).step).toBe('Which one?')
    expect(newsOf(question, parked, { type: 'state', to: 'running' }).step).toBeUndefined()
  })
})

test('the last ten tools are kept, each once', () => {
  const ids = Array.from({ length: 12 }, (_, i) => `${i}`)
  const events = ids.flatMap((id) => [tool(id, `Read ${id}`), tool(id, `Read ${id}`, 'done')])
  expect(newsOf(...events).tools).toEqual(ids.slice(2).map((id) => `Read ${id}`))
})

test('a tool that is told of only when it is done counts', () => {
  expect(newsOf(tool('a', 'Read a', 'done'))).toMatchObject({ step: 'Read a', tools: ['Read a'] })
})

test('the plan is the last one', () => {
  const plan = (text: string): LoggedEvent => ({ type: 'plan', items: [{ text, state: 'active' }] })
  expect(newsOf(plan('one'), plan('two')).plan).toEqual([{ text: 'two', state: 'active' }])
})

describe('a notice', () => {
  test('is shown until something happens', () => {
    expect(newsOf(warning).notice).toBe('The model is busy.')
    expect(newsOf(warning, spend(1, 1), { type: 'thought', text: '…' }).notice).toBe('The model is busy.')
    for (const event of [tool('a', 'Read a'), { type: 'text' as const, text: 'So' }])
      expect(newsOf(warning, event)).not.toHaveProperty('notice')
  })
  test('is shown only where it warns', () => {
    expect(newsOf({ ...warning, level: 'info' })).not.toHaveProperty('notice')
  })
})

describe('the spend', () => {
  test('is the last total of a turn', () => {
    expect(newsOf(spend(0.1, 10, 5), spend(0.3, 20, 6))).toMatchObject({ usd: 0.3, spendTokens: 26 })
  })

  test('of several attempts is their sum', () => {
    const first = foldEvents(nothingFolded, logged([spend(0.25, 100)]))
    const second = foldEvents(first, logged([spend(0.5, 200), spend(0.75, 300)], { attempt: 2, from: 2 }))
    expect(cardNews(second)).toMatchObject({ usd: 1, spendTokens: 400 })
  })

  test('of a second turn of one attempt is added: a total within a turn does not shrink', () => {
    expect(newsOf(spend(1, 100), spend(0.25, 10), spend(0.5, 20))).toMatchObject({ usd: 1.5, spendTokens: 120 })
  })

  test('is unknown where the price of a part is', () => {
    const first = foldEvents(nothingFolded, logged([spend(null, 100)]))
    const second = foldEvents(first, logged([spend(0.5, 200)], { attempt: 2, from: 2 }))
    expect(cardNews(second)).toMatchObject({ usd: null, spendTokens: 300 })
  })

  test('is left out where nothing was counted', () => {
    expect(newsOf(spend(null, 0)).usd).toBeUndefined()
    expect(newsOf(spend(null, 1)).usd).toBeNull()
  })
})
