import type { ModelVendor, Spend } from '../agents/driver.ts'
import type { Run } from '../tasks/task.ts'

/** One call of a model that went through the gateway. Its `inputTokens` are without those from the cache, its `outputTokens` with reasoning. */
export interface ModelCall extends Run, Omit<Spend, 'basis'> {
  vendor: ModelVendor
  model: string
}

/** What usage is summed by. A day is a day in UTC. */
export const USAGE_BY = ['day', 'agent', 'codebase', 'person', 'model'] as const
export type UsageBy = (typeof USAGE_BY)[number]

export interface UsageSum {
  tasks: number
  /** Those that the gateway saw; of `unmeteredRuns` nobody counted them. */
  calls: number
  unmeteredRuns: number
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  reasoningTokens: number
  /** Of what has a price; null where nothing has one. */
  usd: number | null
  /** Calls, and unmetered runs, without a known price: where it is not 0, `usd` is not all. */
  unpriced: number
}

export interface UsageRow extends UsageSum {
  /** The day (`2026-11-21`), the agent's name, the id of the codebase or of who started it, the model. Null: none, or not known. */
  key: string | null
  /** What people call it, where that is something else. */
  name: string | null
}

/** Money is known in part: the sum of nothing is 0, that of things without a price is null. */
export const knownMoney = (usd: number | null, unpriced: number) => (unpriced === 0 ? (usd ?? 0) : usd)
