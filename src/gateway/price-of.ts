import type { PriceTable } from './prices.ts'
import type { Usage } from './usage.ts'

/** What a service costs in standard prices. One that is not here makes the price unknown. */
const TIERS: Readonly<Record<string, number>> = {
  standard: 1,
  default: 1,
  auto: 1,
  flex: 0.5,
  fast: 2,
  priority: 2,
}

/** Undefined where nobody knows the price, which is not 0. */
export function priceOf(table: PriceTable, model: string | undefined, usage: Usage): number | undefined {
  if (usage.usd !== undefined) return usage.usd
  const price = model === undefined ? undefined : table.find(([pattern]) => fits(pattern, model))?.[1]
  const tier = TIERS[usage.tier ?? 'standard']
  if (!price || tier === undefined) return undefined
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cacheWriteHourTokens } = usage
  const isLong = price.long !== undefined && inputTokens + cacheReadTokens + cacheWriteTokens > price.long.above
  const input =
    inputTokens * price.input +
    cacheReadTokens * price.cacheRead +
    (cacheWriteTokens - cacheWriteHourTokens) * price.cacheWrite +
    cacheWriteHourTokens * (price.cacheWriteHour ?? price.cacheWrite)
  const output = outputTokens * price.output
  const { inputTimes, outputTimes } = (isLong && price.long) || { inputTimes: 1, outputTimes: 1 }
  return ((input * inputTimes + output * outputTimes) * tier) / 1_000_000
}

/** A name fits with a date or `latest` behind it: vendors answer `gpt-5` as `gpt-5-2025-08-07`. */
function fits(pattern: string, model: string): boolean {
  const name = pattern.split('*').map(RegExp.escape).join('.*')
  return new RegExp(`^${name}(-\\d{8}|-\\d{4}-\\d{2}-\\d{2}|-latest)?$`).test(model)
}
