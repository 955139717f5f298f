import { expect, test } from 'vitest'
import { judgeBudgets, type Budget } from './budget.ts'

const NEXT_DAY = new Date('2026-11-22T00:00:00Z')

function budget(changed: Omit<Partial<Budget>, 'spent'> & { spent?: Partial<Budget['spent']> }): Budget {
  const { spent, ...rest } = changed
  return {
    id: 'bud_1',
    scope: 'task',
    key: 'tsk_1',
    name: null,
    period: 'total',
    maxUsd: null,
    maxCalls: null,
    maxTokens: null,
    createdAt: new Date(0),
    spent: { calls: 0, tokens: 0, usd: 0, unpriced: 0, ...spent },
    ...rest,
  }
}

const judge = (...budgets: Budget[]) => judgeBudgets(budgets, NEXT_DAY)
const sentenceFor = (one: Budget) => judge(one).refusal?.sentence ?? judge(one).warning?.sentence

test('a spent budget is named, with the command that raises it', () => {
  expect(sentenceFor(budget({ maxCalls: 3, spent: { calls: 3 } }))).toBe(
    'The budget of 3 model calls for this task is spent (3 of 3). Raise it and the work goes on by itself: drover budget set --task tsk_1 --calls 6',
  )
  expect(sentenceFor(budget({ scope: 'org', key: null, maxUsd: 5, spent: { usd: 5.034 } }))).toBe(
    'The budget of $5.00 for the whole org is spent ($5.03 of $5.00). Raise it and the work goes on by itself: drover budget set --usd 10',
  )
  expect(sentenceFor(budget({ scope: 'agent', key: 'claude', maxTokens: 1_000, spent: { tokens: 12_345 } }))).toBe(
    'The budget of 1,000 tokens for the agent claude is spent (12,345 of 1,000). Raise it and the work goes on by itself: drover budget set --agent claude --tokens 24690',
  )
  expect(sentenceFor(budget({ scope: 'conversation', key: 'cnv_1', maxCalls: 1, spent: { calls: 1 } }))).toContain(
    'The budget of 1 model call for this conversation is spent (1 of 1).',
  )
})

test('a day’s budget says when it begins anew, and until then is how long there is to wait', () => {
  const daily = budget({
    scope: 'codebase',
    key: 'cbs_1',
    name: 'app',
    period: 'day',
    maxUsd: 0.5,
    spent: { usd: 0.5 },
  })
  expect(judge(daily).refusal).toEqual({
    budget: daily,
    until: NEXT_DAY,
    sentence:
      'The budget of $0.50 a day for the codebase app is spent ($0.50 of $0.50). It begins anew at 00:00 UTC. Raise it and the work goes on at once: drover budget set --codebase app --daily --usd 1',
  })
})

test('the command keeps the other limits of the budget, since it replaces all of them', () => {
  const both = budget({ maxCalls: 3, maxUsd: 2.5, spent: { calls: 3, usd: 0.1 } })
  expect(sentenceFor(both)).toMatch(/drover budget set --task tsk_1 --calls 6 --usd 2\.5$/)
  const nearly = budget({ maxCalls: 3, maxUsd: 2.5, spent: { calls: 3, usd: 2.2 } })
  expect(sentenceFor(nearly)).toMatch(/--calls 6 --usd 5$/)
})

test('from 80 % there is a warning for the budget that is nearest to its end', () => {
  const far = budget({ id: 'bud_far', maxCalls: 10, spent: { calls: 8 } })
  const near = budget({ id: 'bud_near', maxTokens: 1_000, spent: { tokens: 999 } })
  expect(judge(far, near).warning).toEqual({
    budgetId: 'bud_near',
    sentence:
      '99 % of the budget of 1,000 tokens for this task is spent (999 of 1,000). To raise it: drover budget set --task tsk_1 --tokens 2000',
  })
  expect(judge(far).warning?.budgetId).toBe('bud_far')
  expect(judge(budget({ maxCalls: 10, spent: { calls: 7 } }))).toEqual({})
  expect(judge()).toEqual({})
})

test('of two that are spent, the one that no midnight opens is told', () => {
  const day = budget({ id: 'bud_day', period: 'day', maxCalls: 1, spent: { calls: 9 } })
  const total = budget({ id: 'bud_total', maxCalls: 9, spent: { calls: 9 } })
  for (const verdict of [judge(day, total), judge(total, day)]) {
    expect(verdict.refusal?.budget.id).toBe('bud_total')
    expect(verdict.refusal).not.toHaveProperty('until')
    expect(verdict).not.toHaveProperty('warning')
  }
})

test('what has no price counts as nothing towards money, and the sentence says so', () => {
  expect(judge(budget({ maxUsd: 1, spent: { calls: 100, usd: null, unpriced: 100 } }))).toEqual({})
  const part = budget({ maxUsd: 0.01, spent: { calls: 3, usd: 0.0123, unpriced: 1 } })
  expect(sentenceFor(part)).toContain(
    'is spent ($0.0123 of $0.01). Some calls had no known price and are not in this sum. Raise it',
  )
  expect(sentenceFor(budget({ maxCalls: 3, spent: { calls: 3, usd: null, unpriced: 3 } }))).not.toContain('price')
})
