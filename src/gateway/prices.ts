import { z } from 'zod'
import { UserError } from '../lib/errors.ts'

/** USD for a million tokens. */
interface Price {
  input: number
  output: number
  cacheRead: number
  cacheWrite: number
  /** For what the cache keeps for an hour; left out: as `cacheWrite`. */
  cacheWriteHour?: number
  /** A call that asks more than this many tokens costs so many times as much, all of it. */
  long?: { above: number; inputTimes: number; outputTimes: number }
}

/** Names of models, with `*` for anything, and their prices. The first that fits holds. */
export type PriceTable = readonly (readonly [pattern: string, price: Price])[]

const usd = z.number().nonnegative()
const priceSchema = z
  .strictObject({
    input: usd,
    output: usd,
    // Without a price of its own nothing is cheaper than input.
    cacheRead: usd.optional(),
    cacheWrite: usd.optional(),
    cacheWriteHour: usd.optional(),
    long: z
      .strictObject({
        above: z.int().positive(),
        inputTimes: z.number().positive(),
        outputTimes: z.number().positive(),
      })
      .optional(),
  })
  .transform(({ input, output, cacheRead = input, cacheWrite = input, cacheWriteHour, long }): Price => ({
    input,
    output,
    cacheRead,
    cacheWrite,
    ...(cacheWriteHour !== undefined && { cacheWriteHour }),
    ...(long && { long }),
  }))
const fileSchema = z.record(z.string().min(1), priceSchema)

/**
 * The prices of a parsed prices.json, then the built-in ones. Without a file: `readPrices({})`.
 * Throws `UserError('prices-file')` that names every mistake in it.
 */
export function readPrices(json: unknown): PriceTable {
  const parsed = fileSchema.safeParse(json)
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map(({ path, message }) => `- ${path.join('.') || 'the file'}: ${message}`)
    throw new UserError('prices-file', `prices.json has mistakes:\n${mistakes.join('\n')}`)
  }
  return [...Object.entries(parsed.data), ...BUILT_IN_PRICES]
}

/** Anthropic: writing to the cache costs 1.25 times the input for five minutes, 2 times for an hour. */
const claude = (input: number, output: number, cacheRead: number): Price => ({
  input,
  output,
  cacheRead,
  cacheWrite: input * 1.25,
  cacheWriteHour: input * 2,
})
const gpt = (input: number, output: number, cacheRead: number, cacheWrite = input): Price => ({
  input,
  output,
  cacheRead,
  cacheWrite,
})
const gemini = (input: number, output: number, cacheRead: number): Price => gpt(input, output, cacheRead)
const doubledAbove = (above: number, price: Price): Price => ({
  ...price,
  long: { above, inputTimes: 2, outputTimes: 1.5 },
})
const gptLong = (input: number, output: number, cacheRead: number, cacheWrite?: number) =>
  doubledAbove(272_000, gpt(input, output, cacheRead, cacheWrite))

/**
 * List prices of the standard service in USD per million tokens, as of 2026-11-21. What a vendor gives for a time only
 * is left out, for the budget's sake. Sources: platform.claude.com/docs/en/about-claude/pricing,
 * developers.openai.com/api/docs/pricing and …/models/<model>, ai.google.dev/gemini-api/docs/pricing, read from copies of
 * August to November 2026 and held against the npm package @pydantic/genai-prices 0.1.8 (2026-09-23). They change
 * every few weeks: what stands in prices.json comes first.
 */
const BUILT_IN_PRICES: PriceTable = [
  ['claude-fable-5-2', claude(8, 40, 0.2)],
  ['claude-fable-5-1', claude(10, 50, 0.25)],
  ['claude-fable-5', claude(10, 50, 1)],
  ['claude-opus-5-5', claude(4, 20, 0.2)],
  ['claude-opus-5', claude(5, 25, 0.5)],
  ['claude-opus-4-8', claude(5, 25, 0.5)],
  ['claude-opus-4-7', claude(5, 25, 0.5)],
  ['claude-opus-4-6', claude(5, 25, 0.5)],
  ['claude-opus-4-5', claude(5, 25, 0.5)],
  ['claude-opus-4-1', claude(15, 75, 1.5)],
  ['claude-sonnet-5-5', claude(2, 10, 0.1)],
  ['claude-sonnet-5', claude(2, 10, 0.2)],
  ['claude-sonnet-4-6', claude(3, 15, 0.3)],
  ['claude-sonnet-4-5', doubledAbove(200_000, claude(3, 15, 0.3))],
  ['claude-haiku-5-5', { ...claude(0.1, 0.5, 0.01), long: { above: 100_000, inputTimes: 5, outputTimes: 5 } }],
  ['claude-haiku-4-5', claude(1, 5, 0.1)],

  ['gpt-6.2-sol', gptLong(2, 10, 0.1, 2.5)],
  ['gpt-6.1-sol', gptLong(2, 10, 0.1, 2.5)],
  ['gpt-6.1-terra', gptLong(1, 5, 0.05, 1.25)],
  ['gpt-6-astra', gptLong(10, 50, 1, 12.5)],
  ['gpt-6-sol', gptLong(2, 10, 0.2, 2.5)],
  ['gpt-6-luna', gptLong(0.1, 0.5, 0.01, 0.125)],
  ['gpt-5.6', gptLong(4, 20, 0.4, 5)],
  ['gpt-5.6-sol', gptLong(4, 20, 0.4, 5)],
  ['gpt-5.6-terra', gptLong(2, 12, 0.2, 2.5)],
  ['gpt-5.6-luna', gptLong(0.2, 1.2, 0.02, 0.25)],
  ['gpt-5.5', gptLong(5, 30, 0.5)],
  ['gpt-5.5-pro', gptLong(30, 180, 30)],
  ['gpt-5.4', gptLong(2.5, 15, 0.25)],
  ['gpt-5.4-pro', gptLong(30, 180, 30)],
  ['gpt-5.4-mini', gpt(0.75, 4.5, 0.075)],
  ['gpt-5.4-nano', gpt(0.2, 1.25, 0.02)],
  ['gpt-5.3-codex', gpt(1.75, 14, 0.175)],
  ['gpt-5.2', gpt(1.75, 14, 0.175)],
  ['gpt-5.2-codex', gpt(1.75, 14, 0.175)],
  ['gpt-5.1', gpt(1.25, 10, 0.125)],
  ['gpt-5.1-codex', gpt(1.25, 10, 0.125)],
  ['gpt-5.1-codex-max', gpt(1.25, 10, 0.125)],
  ['gpt-5.1-codex-mini', gpt(0.25, 2, 0.025)],
  ['gpt-5', gpt(1.25, 10, 0.125)],
  ['gpt-5-codex', gpt(1.25, 10, 0.125)],
  ['gpt-5-mini', gpt(0.25, 2, 0.025)],
  ['gpt-5-nano', gpt(0.05, 0.4, 0.005)],
  ['gpt-4.1', gpt(2, 8, 0.5)],
  ['gpt-4.1-mini', gpt(0.4, 1.6, 0.1)],
  ['o3', gpt(2, 8, 0.5)],
  ['o4-mini', gpt(1.1, 4.4, 0.275)],

  ['gemini-4-argon', gemini(4, 20, 0.2)],
  ['gemini-4-carbon', gemini(4, 20, 0.2)],
  ['gemini-4-hydrogen', gemini(1.5, 7.5, 0.075)],
  ['gemini-3.8-flash', gemini(1.5, 7.5, 0.15)],
  ['gemini-3.7-flash', gemini(1.5, 7.5, 0.15)],
  ['gemini-3.6-flash', gemini(1.5, 7.5, 0.15)],
  ['gemini-3.5-flash', gemini(1.5, 9, 0.15)],
  ['gemini-3.5-flash-lite', gemini(0.3, 2.5, 0.03)],
  ['gemini-3.1-pro-preview', doubledAbove(200_000, gemini(2, 12, 0.2))],
  ['gemini-3.1-flash-lite', gemini(0.25, 1.5, 0.025)],
  ['gemini-3-pro-preview', doubledAbove(200_000, gemini(2, 12, 0.2))],
  ['gemini-3-flash-preview', gemini(0.5, 3, 0.05)],
  ['gemini-2.5-pro', doubledAbove(200_000, gemini(1.25, 10, 0.125))],
  ['gemini-2.5-flash', gemini(0.3, 2.5, 0.03)],
  ['gemini-2.5-flash-lite', gemini(0.1, 0.4, 0.01)],
]
