import { z } from 'zod'
import type { UsageUpdate } from '@agentclientprotocol/sdk'
import type { Spend } from '../driver.ts'
import { unknownSpend } from '../turn.ts'

const count = z.number().nonnegative().nullish().catch(undefined)

/** Not in the stable protocol yet, but sent by Claude, Codex and opencode. */
const usage = z.object({
  inputTokens: count,
  outputTokens: count,
  cachedReadTokens: count,
  cachedWriteTokens: count,
  thoughtTokens: count,
})
/** Gemini's own way. */
const quota = z.object({ token_count: z.object({ input_tokens: count, output_tokens: count }) })

const answer = z.object({
  usage: usage.optional().catch(undefined),
  _meta: z.object({ quota }).nullish().catch(undefined),
})

/** The tokens of one turn, out of the answer to `session/prompt`; undefined where it tells none. */
function readTokens(response: unknown): Partial<Spend> | undefined {
  const { usage: told, _meta: meta } = answer.safeParse(response).data ?? {}
  if (told) {
    return {
      inputTokens: told.inputTokens ?? 0,
      outputTokens: told.outputTokens ?? 0,
      cacheReadTokens: told.cachedReadTokens ?? 0,
      cacheWriteTokens: told.cachedWriteTokens ?? 0,
      reasoningTokens: told.thoughtTokens ?? 0,
    }
  }
  const tokens = meta?.quota.token_count
  return tokens && { inputTokens: tokens.input_tokens ?? 0, outputTokens: tokens.output_tokens ?? 0 }
}

/** Makes the cost of a turn out of the cost of a session, which is all that agents tell. */
export interface Meter {
  /** What the session has cost up to now. */
  readonly usdSoFar: number
  startTurn(): void
  readUsage(update: UsageUpdate): Spend | undefined
  readAnswer(response: unknown): Spend | undefined
}

export function createMeter(usdBefore: number): Meter {
  let usdSoFar = usdBefore
  let spend = unknownSpend()
  return {
    get usdSoFar() {
      return usdSoFar
    },
    startTurn() {
      spend = unknownSpend()
    },
    readUsage({ cost }) {
      if (!cost || cost.currency !== 'USD') return undefined
      // Less than before: this agent began to count anew.
      const added = cost.amount >= usdSoFar ? cost.amount - usdSoFar : cost.amount
      usdSoFar = cost.amount
      spend = { ...spend, usd: (spend.usd ?? 0) + added, basis: 'agent' }
      return spend
    },
    readAnswer(response) {
      const tokens = readTokens(response)
      if (!tokens) return undefined
      spend = { ...spend, ...tokens }
      return spend
    },
  }
}
