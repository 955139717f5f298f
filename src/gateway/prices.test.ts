import { expect, test } from 'vitest'
import { UserError } from '../lib/errors.ts'
import { priceOf } from './price-of.ts'
import { readPrices } from './prices.ts'
import type { Usage } from './usage.ts'

const MILLION = 1_000_000
const usage = (more: Partial<Usage> = {}): Usage => ({
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteHourTokens: 0,
  reasoningTokens: 0,
  ...more,
})
const perMillionInput = (model: string, file: unknown = {}) =>
  priceOf(readPrices(file), model, usage({ inputTokens: 1000 }))! * 1000

test.each([
  ['a model’s name', 'claude-opus-5-5', 4],
  ['with its date', 'claude-opus-4-5-20251101', 5],
  ['with a date of OpenAI’s', 'gpt-5-mini-2025-08-07', 0.25],
  ['with “latest”', 'claude-haiku-4-5-latest', 1],
])('%s has a price', (_name, model, usd) => {
  expect(perMillionInput(model)).toBeCloseTo(usd, 10)
})

test.each(['claude-opus-9', 'gpt-5-mega', 'xclaude-opus-5-5', 'openai/gpt-5', '', undefined])(
  '%j has none, which is not 0',
  (model) => {
    expect(priceOf(readPrices({}), model, usage({ inputTokens: 1000 }))).toBeUndefined()
  },
)

test('every kind of token has its price', () => {
  const price = (more: Partial<Usage>) => priceOf(readPrices({}), 'claude-opus-5-5', usage(more))
  expect(price({ inputTokens: MILLION })).toBeCloseTo(4)
  expect(price({ outputTokens: MILLION, reasoningTokens: MILLION })).toBeCloseTo(20)
  expect(price({ cacheReadTokens: MILLION })).toBeCloseTo(0.2)
  expect(price({ cacheWriteTokens: MILLION })).toBeCloseTo(5)
  expect(price({ cacheWriteTokens: MILLION, cacheWriteHourTokens: MILLION })).toBeCloseTo(8)
  expect(price({ cacheWriteTokens: MILLION, cacheWriteHourTokens: MILLION / 2 })).toBeCloseTo(6.5)
})

test('a long question costs more, all of it, and what the cache read counts as asked', () => {
  const price = (cacheReadTokens: number) =>
    priceOf(readPrices({}), 'gpt-6-sol', usage({ cacheReadTokens, inputTokens: 1000, outputTokens: 1000 }))
  expect(price(271_000)).toBeCloseTo((271_000 * 0.2 + 1000 * 2 + 1000 * 10) / MILLION, 10)
  expect(price(271_001)).toBeCloseTo((271_001 * 0.4 + 1000 * 4 + 1000 * 15) / MILLION, 10)
})

test('a faster or slower service has its price, and one that nobody knows has none', () => {
  const price = (tier: string) => priceOf(readPrices({}), 'gpt-5', usage({ inputTokens: MILLION, tier }))
  expect([price('default'), price('flex'), price('priority')]).toEqual([1.25, 0.625, 2.5])
  expect(price('ultrafast')).toBeUndefined()
})

test('what the vendor says itself holds before any table', () => {
  expect(priceOf(readPrices({}), 'gpt-5', usage({ inputTokens: MILLION, usd: 0.42 }))).toBe(0.42)
  expect(priceOf([], 'unheard/of', usage({ usd: 0 }))).toBe(0)
})

test('prices.json comes first, in its order, and knows wildcards', () => {
  const file = {
    'gpt-5': { input: 7, output: 8 },
    'local-special': { input: 3, output: 3 },
    'local-*': { input: 0, output: 0 },
  }
  expect(perMillionInput('gpt-5', file)).toBeCloseTo(7, 10)
  expect(perMillionInput('local-special', file)).toBeCloseTo(3, 10)
  expect(perMillionInput('local-qwen', file)).toBe(0)
  expect(perMillionInput('gpt-5-mini', file)).toBeCloseTo(0.25, 10)
})

test('without prices of its own the cache costs what input costs', () => {
  const table = readPrices({ mine: { input: 2, output: 4 } })
  expect(priceOf(table, 'mine', usage({ cacheReadTokens: MILLION, cacheWriteTokens: MILLION }))).toBe(4)
})

test('every mistake in prices.json is named', () => {
  const read = () =>
    readPrices({ 'gpt-5': { input: '1', output: -2 }, mine: { input: 1, output: 2, cached: 3 }, other: { output: 1 } })
  expect(read).toThrow(UserError)
  expect(read).toThrow(/^prices\.json has mistakes:/)
  expect(read).toThrow(/gpt-5\.input: .*number/)
  expect(read).toThrow(/gpt-5\.output: .*0/)
  expect(read).toThrow(/mine: .*cached/)
  expect(read).toThrow(/other\.input/)
  expect(() => readPrices([])).toThrow(/the file: /)
})

test('no built-in price is hidden by one before it', () => {
  const table = readPrices({})
  const first = table.map(([pattern]) => table.findIndex(([other]) => other === pattern))
  expect(first).toEqual(table.map((_, n) => n))
})
