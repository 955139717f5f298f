import type { Spend } from '../driver.ts'
import type { Totals } from './resume-token.ts'

/** What a turn cost, from the totals of its thread before and after it. Codex tells no money. */
export function spendBetween(before: Totals, after: Totals): Spend {
  // Less than before: Codex began to count anew.
  const isAnew = after.input < before.input || after.output < before.output
  const added = (name: keyof Totals) => (isAnew ? after[name] : Math.max(0, after[name] - before[name]))
  return {
    inputTokens: Math.max(0, added('input') - added('cached') - added('written')),
    outputTokens: added('output'),
    cacheReadTokens: added('cached'),
    cacheWriteTokens: added('written'),
    reasoningTokens: added('reasoning'),
    usd: null,
    basis: 'unknown',
  }
}
