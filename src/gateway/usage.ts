import { z } from 'zod'
import type { ApiShape } from './vendors.ts'

/** Tokens as all vendors' meters say them, made alike: input without what the cache read or wrote, output with its reasoning. */
export interface Usage {
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  /** All that was written to the cache. */
  cacheWriteTokens: number
  /** What of it is kept longer, at a price of its own. */
  cacheWriteHourTokens: number
  reasoningTokens: number
  /** The speed or service that was given, where the vendor names it. */
  tier?: string
  /** The price, where the vendor says it itself. */
  usd?: number
}

/** What one piece of an answer tells. */
export interface Told {
  model?: string | undefined
  usage?: Partial<Usage> | undefined
  /** What the model wrote in this piece, in any form. */
  written?: unknown
  /** The usage is that of the beginning: the output is still to come. */
  begins?: boolean
  /** Nothing comes after it. */
  ended?: boolean
  failed?: boolean
}

/** Vendors say null for what they do not know; and what has another shape than we know is as good as not said. */
const maybe = <T extends z.ZodType>(schema: T) =>
  schema
    .nullish()
    .transform((value) => value ?? undefined)
    .catch(undefined)
const count = maybe(z.number().nonnegative())
const text = maybe(z.string())

/** https://platform.claude.com/docs/en/api/messages: `message_delta` has the totals up to then, and not always all of them. */
const messagesUsage = maybe(
  z.object({
    input_tokens: count,
    output_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
    cache_creation: maybe(z.object({ ephemeral_1h_input_tokens: count })),
    output_tokens_details: maybe(z.object({ thinking_tokens: count })),
    speed: text,
  }),
)
const messagesPiece = z.object({
  type: text,
  model: text,
  usage: messagesUsage,
  message: maybe(z.object({ model: text, usage: messagesUsage })),
  delta: z.unknown().optional(),
})

function readMessages(json: unknown): Told {
  const piece = messagesPiece.safeParse(json).data
  const usage = piece?.message?.usage ?? piece?.usage
  return {
    model: piece?.message?.model ?? piece?.model,
    usage:
      usage &&
      known({
        inputTokens: usage.input_tokens,
        outputTokens: usage.output_tokens,
        cacheReadTokens: usage.cache_read_input_tokens,
        cacheWriteTokens: usage.cache_creation_input_tokens,
        cacheWriteHourTokens: usage.cache_creation?.ephemeral_1h_input_tokens,
        reasoningTokens: usage.output_tokens_details?.thinking_tokens,
        tier: usage.speed,
      }),
    written: piece?.delta,
    begins: piece?.type === 'message_start',
    ended: piece?.type === 'message_stop',
    failed: piece?.type === 'error',
  }
}

const cached = maybe(z.object({ cached_tokens: count, cache_write_tokens: count }))
const reasoned = maybe(z.object({ reasoning_tokens: count }))

/** https://developers.openai.com/api/reference/responses: the totals are in the event that ends the stream. */
const response = z.object({
  model: text,
  service_tier: text,
  usage: maybe(
    z.object({
      input_tokens: count,
      output_tokens: count,
      input_tokens_details: cached,
      output_tokens_details: reasoned,
    }),
  ),
})
const responsesPiece = response.extend({ type: text, response: maybe(response), delta: z.unknown().optional() })
const ENDS_RESPONSE = ['response.completed', 'response.incomplete', 'response.failed']

function readResponses(json: unknown): Told {
  const piece = responsesPiece.safeParse(json).data
  const { model, usage, service_tier: tier } = piece?.response ?? piece ?? {}
  return {
    model: model,
    usage:
      usage &&
      fromOpenai({
        input: usage.input_tokens,
        cached: usage.input_tokens_details,
        output: usage.output_tokens,
        reasoned: usage.output_tokens_details,
        tier,
      }),
    written: piece?.delta,
    ended: ENDS_RESPONSE.includes(piece?.type ?? ''),
    failed: piece?.type === 'error' || piece?.type === 'response.failed',
  }
}

/** https://developers.openai.com/api/reference/chat-completions, and https://openrouter.ai/docs/use-cases/usage-accounting for `cost`. */
const chatPiece = z.object({
  model: text,
  service_tier: text,
  choices: z.unknown().optional(),
  error: z.unknown().optional(),
  usage: maybe(
    z.object({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: cached,
      completion_tokens_details: reasoned,
      cost: count,
      is_byok: maybe(z.boolean()),
      cost_details: maybe(z.object({ upstream_inference_cost: count })),
    }),
  ),
})

function readChat(json: unknown): Told {
  const piece = chatPiece.safeParse(json).data
  const usage = piece?.usage
  // With a key of one's own at OpenRouter, `cost` is its fee alone.
  const ofVendor = usage?.is_byok ? (usage.cost_details?.upstream_inference_cost ?? 0) : 0
  return {
    model: piece?.model,
    usage:
      usage &&
      fromOpenai({
        input: usage.prompt_tokens,
        cached: usage.prompt_tokens_details,
        output: usage.completion_tokens,
        reasoned: usage.completion_tokens_details,
        tier: piece.service_tier,
        ...(typeof usage.cost === 'number' && { usd: usage.cost + ofVendor }),
      }),
    written: piece?.choices,
    failed: Boolean(piece?.error),
  }
}

/** https://ai.google.dev/api/generate-content#UsageMetadata: totals up to then, in each piece. */
const geminiPiece = z.object({
  modelVersion: text,
  candidates: z.unknown().optional(),
  error: z.unknown().optional(),
  usageMetadata: maybe(
    z.object({
      promptTokenCount: count,
      cachedContentTokenCount: count,
      toolUsePromptTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
    }),
  ),
})

function readGemini(json: unknown): Told {
  const piece = geminiPiece.safeParse(json).data
  const usage = piece?.usageMetadata
  const fromCache = usage?.cachedContentTokenCount ?? 0
  const thoughts = usage?.thoughtsTokenCount ?? 0
  return {
    model: piece?.modelVersion,
    usage: usage && {
      inputTokens: Math.max(0, (usage.promptTokenCount ?? 0) - fromCache) + (usage.toolUsePromptTokenCount ?? 0),
      cacheReadTokens: fromCache,
      outputTokens: (usage.candidatesTokenCount ?? 0) + thoughts,
      reasoningTokens: thoughts,
    },
    written: piece?.candidates,
    failed: Boolean(piece?.error),
  }
}

/** Reads one event of a stream, or a whole answer. What it does not know it leaves out. */
export const READERS: Readonly<Record<ApiShape, (json: unknown) => Told>> = {
  messages: readMessages,
  responses: readResponses,
  chat: readChat,
  gemini: readGemini,
}

interface OpenaiCounts {
  input: number | undefined
  output: number | undefined
  cached: z.output<typeof cached>
  reasoned: z.output<typeof reasoned>
  tier: string | undefined
  usd?: number
}

/** OpenAI counts the cache's tokens within the input. */
function fromOpenai({ input, output, cached, reasoned, tier, usd }: OpenaiCounts): Partial<Usage> {
  const read = cached?.cached_tokens ?? 0
  const written = cached?.cache_write_tokens ?? 0
  return known({
    inputTokens: Math.max(0, (input ?? 0) - read - written),
    outputTokens: output ?? 0,
    cacheReadTokens: read,
    cacheWriteTokens: written,
    reasoningTokens: reasoned?.reasoning_tokens,
    tier,
    usd,
  })
}

/** So that what a later piece leaves out does not undo what an earlier one said. */
function known(usage: { [Key in keyof Usage]?: Usage[Key] | undefined }): Partial<Usage> {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined))
}
