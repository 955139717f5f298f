import type { Spend } from '../driver.ts'
import type { ModelUsage } from './message.ts'

/**
 * What one turn cost. `model_usage_since_last_result` is counted per result; all other totals of Claude Code go on from
 * turn to turn, over a resume too.
 */
export function spendOf(usage: Record<string, ModelUsage>): Spend {
  const models = Object.values(usage)
  const sum = (pick: (model: ModelUsage) => number) => models.reduce((total, model) => total + pick(model), 0)
  const isPriced = models.length > 0 && models.every(({ costBasis }) => costBasis !== 'unknown')
  return {
    inputTokens: sum((model) => model.inputTokens),
    outputTokens: sum((model) => model.outputTokens),
    cacheReadTokens: sum((model) => model.cacheReadInputTokens),
    cacheWriteTokens: sum((model) => model.cacheCreationInputTokens),
    reasoningTokens: sum((model) => model.thinkingTokens ?? 0),
    usd: isPriced ? sum((model) => model.costUSD) : null,
    basis: isPriced ? 'agent' : 'unknown',
  }
}
