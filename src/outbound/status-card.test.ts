import fc from 'fast-check'
import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { renderCard, type CardState } from './status-card.ts'

const startedAt = new Date('2026-11-21T12:00:00Z')
const after = (seconds: number) => new Date(startedAt.getTime() + seconds * 1000)

const card = (change: Partial<CardState> = {}): CardState => ({
  agent: 'claude',
  status: 'running',
  step: undefined,
  plan: [],
  startedAt,
  now: after(150),
  usd: undefined,
  queued: [],
  verbosity: 'normal',
  tools: [],
  ...change,
})
const linesOf = (change: Partial<CardState>) => renderCard(card(change)).split('\n')
const item = (text: string, state: 'pending' | 'active' | 'done') => ({ text, state })
const items = (count: number, state: 'pending' | 'active' | 'done') =>
  Array.from({ length: count }, (_, i) => item(`${state} ${i}`, state))

test('a card at work, all of it', () => {
  const text = renderCard(
    card({
      step: 'Read src/app.ts',
      plan: [item('Read the code', 'done'), item('Write the test', 'active'), item('Run all', 'pending')],
      queued: ['And the docs', 'Then release'],
      usd: 0.4213,
      spendTokens: 12_345,
      branch: 'drover/tests',
      verbosity: 'verbose',
      tools: ['List files', 'Grep "app"', 'Read README.md', 'Read src/app.ts'],
    }),
  )
  expect(text).toBe(
    [
      '⚙️ claude · working · 2 min 30 s',
      'Read src/app.ts',
      '✅ Read the code',
      '▶️ Write the test',
      '⬜ Run all',
      '· Grep "app"',
      '· Read README.md',
      '· Read src/app.ts',
      '2 queued: And the docs; Then release',
      '$0.42 · 12,345 tokens · branch drover/tests',
    ].join('\n'),
  )
})

test('a card of which nothing is known yet is one line', () => {
  expect(renderCard(card({ now: startedAt }))).toBe('⚙️ claude · working')
})

test.each<[Partial<CardState>, string]>([
  [{ status: 'queued' }, '⏳ claude · queued'],
  [{ status: 'scheduled' }, '⏰ claude · scheduled'],
  [{ status: 'pending' }, '⏳ claude · about to start'],
  [{ status: 'waiting', waitingFor: 'input' }, '❓ claude · waiting for an answer'],
  [{ status: 'waiting', waitingFor: 'children' }, '⏸️ claude · waiting for its tasks'],
  [{ status: 'waiting', waitingFor: 'limit' }, '⏸️ claude · waiting for a usage limit'],
  [{ status: 'waiting' }, '⏸️ claude · waiting'],
  [{ status: 'completed', finishedAt: after(130) }, '✅ claude · done · 2 min 10 s'],
  [{ status: 'failed', finishedAt: after(3_700) }, '❌ claude · failed · 1 h 1 min'],
  [{ status: 'cancelled', finishedAt: after(0.2) }, '⏹️ claude · cancelled · 1 s'],
])('the state in words: %o', (change, line) => {
  expect(linesOf(change)[0]).toBe(line)
})

test('what was cancelled before it began took no time', () => {
  const { startedAt: _, ...notStarted } = card({ status: 'cancelled', finishedAt: after(5) })
  expect(renderCard(notStarted)).toBe('⏹️ claude · cancelled')
})

describe('time', () => {
  test.each([
    [4, ''],
    [5, ' · 5 s'],
    [59, ' · 55 s'],
    [60, ' · 1 min'],
    [95, ' · 1 min 30 s'],
    [605, ' · 10 min'],
    [659, ' · 10 min'],
    [3_599, ' · 59 min'],
    [3_600 + 299, ' · 1 h'],
    [3_600 + 300, ' · 1 h 5 min'],
    [90_000, ' · 1 d 1 h'],
    [-30, ''],
  ])('after %i seconds', (seconds, elapsed) => {
    expect(linesOf({ now: after(seconds) })[0]).toBe(`⚙️ claude · working${elapsed}`)
  })

  test('a card without news changes 29 times in its first ten minutes', () => {
    const texts = Array.from({ length: 600 }, (_, second) => renderCard(card({ now: after(second) })))
    // 12 steps of 5 s, 18 of 30 s.
    expect(new Set(texts).size).toBe(30)
  })

  test('a card that waits does not change at all', () => {
    const at = (seconds: number) => renderCard(card({ status: 'waiting', waitingFor: 'input', now: after(seconds) }))
    expect(at(90_000)).toBe(at(1))
  })
})

describe('the plan', () => {
  test('of eight is shown as it is', () => {
    expect(linesOf({ plan: [...items(5, 'done'), ...items(3, 'pending')] }).slice(1)).toHaveLength(8)
  })

  test('of more folds what is done', () => {
    const plan = [...items(5, 'done'), ...items(1, 'active'), ...items(9, 'pending')]
    expect(linesOf({ plan }).slice(1)).toEqual([
      '✅ 5 done',
      '▶️ active 0',
      ...Array.from({ length: 6 }, (_, i) => `⬜ pending ${i}`),
      '+ 3 more',
    ])
  })

  test('of which nothing is done has eight lines', () => {
    const lines = linesOf({ plan: items(11, 'pending') }).slice(1)
    expect(lines).toHaveLength(9)
    expect(lines.at(-1)).toBe('+ 3 more')
  })

  test('that is done is one line, and nothing more', () => {
    expect(linesOf({ plan: items(11, 'done') }).slice(1)).toEqual(['✅ 11 done'])
  })

  test('shows what is active, however far behind it stands', () => {
    expect(renderCard(card({ plan: [...items(30, 'pending'), item('Now', 'active')] }))).toContain('▶️ Now')
  })
})

describe('what people and agents wrote', () => {
  test.each([
    '**bold** _it_ `code` ~~gone~~',
    '[click](javascript:alert(1)) <b>x</b> <!channel>',
    '# heading',
    '- item',
    '+ item',
    '1. item',
    '2) item',
    '> quote',
    '---',
    '===',
    '```js',
    '| a | b |',
    'a &lt; b \\* c',
    '![image](https://example.com/x.png)',
  ])('is shown as it is: %s', (step) => {
    const [, line = ''] = linesOf({ step })
    const shown = marked.parse(`above\n${line}`, { async: false })
    // An address may be a link: it says where it leads.
    const text = shown.replace(/<\/?p>|<a href="https:[^>]*>|<\/a>/g, '').trim()
    const html: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
    expect(text).toBe(`above\n${step.replace(/[&<>"']/g, (character) => html[character] ?? character)}`)
  })

  test('is one line, without control characters', () => {
    expect(linesOf({ step: 'one\r\ntwo\u2028three\u0007 \u001b[31mfour\u202e five' })).toEqual([
      '⚙️ claude · working · 2 min 30 s',
      'one two three four five',
    ])
  })

  test('is at most 120 characters, cut between graphemes', () => {
    const [, plain = ''] = linesOf({ step: 'word '.repeat(100_000) })
    expect(plain).toHaveLength(120)
    expect(plain.endsWith('…')).toBe(true)
    const [, families = ''] = linesOf({ step: '👩‍👩‍👧‍👦'.repeat(30) })
    expect(families).toBe(`${'👩‍👩‍👧‍👦'.repeat(10)}…`)
    expect(linesOf({ step: 'x'.repeat(120) })[1]).toBe('x'.repeat(120))
  })

  test('never makes a card longer than the smallest message', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 400, size: 'max' }), fc.constant('*'.repeat(500)))
    const states = fc.constantFrom<'pending' | 'active' | 'done'>('pending', 'active', 'done')
    fc.assert(
      fc.property(
        fc.record({ agent: text, step: text, notice: text, branch: text }),
        fc.array(fc.record({ text, state: states }), { maxLength: 30 }),
        fc.array(text, { maxLength: 10 }),
        fc.array(text, { maxLength: 10 }),
        (words, plan, queued, tools) => {
          const shown = renderCard(card({ ...words, plan, queued, tools, verbosity: 'verbose', usd: null }))
          expect(shown.length).toBeLessThanOrEqual(2000)
          expect(shown.isWellFormed()).toBe(true)
          expect(shown.split('\n').length).toBeLessThanOrEqual(17)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('the last lines', () => {
  test.each<[Partial<CardState>, string]>([
    [{ usd: 0 }, '$0.00'],
    [{ usd: 0.0042 }, '$0.0042'],
    [{ usd: 12.345 }, '$12.35'],
    [{ usd: null }, 'cost unknown'],
    [{ usd: null, spendTokens: 1200 }, 'cost unknown · 1,200 tokens'],
    [{ usd: 1, spendTokens: 1200 }, '$1.00'],
    [{ branch: 'drover/a_b' }, 'branch drover/a\\_b'],
    [{ queued: ['a', 'b', 'c', 'd'] }, '4 queued: a; b; c; …'],
    [{ notice: 'The model is busy.' }, '⚠️ The model is busy.'],
  ])('%o', (change, line) => {
    expect(linesOf(change).slice(1)).toEqual([line])
  })
})

describe('quiet', () => {
  const busy: Partial<CardState> = {
    verbosity: 'quiet',
    step: 'No such file',
    notice: 'Busy',
    plan: items(3, 'pending'),
    tools: ['Read'],
    queued: ['Next'],
    usd: 1,
  }
  test('tells how it stands, what waits and what it cost', () => {
    expect(linesOf(busy)).toEqual(['⚙️ claude · working · 2 min 30 s', '1 queued: Next', '$1.00'])
  })
  test('tells why it stands still', () => {
    expect(linesOf({ ...busy, status: 'failed' })).toContain('No such file')
  })
})

test('only verbose shows tools', () => {
  expect(linesOf({ tools: ['Read'] })).toHaveLength(1)
  expect(linesOf({ tools: ['Read'], verbosity: 'verbose' })).toHaveLength(2)
})
