import { z } from 'zod'

/** What a list has of the wished kind; the rest of it is skipped. */
function every<T extends z.ZodType>(schema: T) {
  return z.array(z.unknown()).transform((items) =>
    items.flatMap((item): z.output<T>[] => {
      const read = schema.safeParse(item)
      return read.success ? [read.data] : []
    }),
  )
}

const parent = z.string().nullish()

const streamEvent = z.object({
  type: z.literal('stream_event'),
  parent_tool_use_id: parent,
  event: z.object({
    type: z.string(),
    message: z.object({ id: z.string() }).optional().catch(undefined),
    content_block: z.object({ type: z.string() }).optional().catch(undefined),
    delta: z
      .object({ type: z.string().optional(), text: z.string().optional(), thinking: z.string().optional() })
      .optional()
      .catch(undefined),
  }),
})

const said = z.object({ type: z.literal('text'), text: z.string() })
const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.unknown()).catch({}),
})
const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  is_error: z.boolean().optional(),
  content: z.union([z.string(), every(said).transform((parts) => parts.map(({ text }) => text).join('\n'))]).catch(''),
})

const assistant = z.object({
  type: z.literal('assistant'),
  parent_tool_use_id: parent,
  /** Claude Code's own words about an error of the API, told as if the model had said them. */
  is_api_error_message: z.boolean().optional(),
  error: z.string().optional(),
  message: z.object({ id: z.string(), content: every(z.union([said, toolUse])) }),
})

const user = z.object({
  type: z.literal('user'),
  message: z.object({ content: every(toolResult).catch([]) }),
  /** The tool's own record of what it did. */
  tool_use_result: z.unknown().optional(),
})

const rateLimit = z.object({
  type: z.literal('rate_limit_event'),
  rate_limit_info: z.object({ status: z.string(), resetsAt: z.number().optional() }),
})

const system = z.discriminatedUnion('subtype', [
  z.object({
    type: z.literal('system'),
    subtype: z.literal('init'),
    session_id: z.string(),
    model: z.string().optional(),
    claude_code_version: z.string().optional(),
  }),
  z.object({
    type: z.literal('system'),
    subtype: z.literal('api_retry'),
    attempt: z.number(),
    max_retries: z.number(),
    retry_delay_ms: z.number(),
    error_status: z.number().nullish(),
    error: z.string(),
  }),
  z.object({ type: z.literal('system'), subtype: z.literal('permission_denied'), tool_use_id: z.string() }),
  z.object({
    type: z.literal('system'),
    subtype: z.enum(['informational', 'model_refusal_fallback']),
    content: z.string(),
    level: z.string().optional(),
  }),
  z.object({ type: z.literal('system'), subtype: z.enum(['compact_boundary', 'session_writes_lost']) }),
  z.object({ type: z.literal('system'), subtype: z.enum(['thinking_tokens', 'task_progress']) }),
])

const modelUsage = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  thinkingTokens: z.number().optional(),
  cacheReadInputTokens: z.number(),
  cacheCreationInputTokens: z.number(),
  costUSD: z.number(),
  /** `unknown`: it does not know this model's price, and guesses. */
  costBasis: z.string().optional(),
})

const result = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  terminal_reason: z.string().optional(),
  stop_reason: z.string().nullish(),
  api_error_status: z.number().nullish(),
  api_error: z.string().optional(),
  result: z.string().optional(),
  errors: z.array(z.string()).optional(),
  model_usage_since_last_result: z.record(z.string(), modelUsage).optional().catch(undefined),
})

const message = z.union([streamEvent, assistant, user, rateLimit, result, system])

/** What Claude Code tells, as far as we use it. */
export type ClaudeMessage = z.output<typeof message>
export type Result = z.output<typeof result>
export type ModelUsage = z.output<typeof modelUsage>

/** Undefined for what has no use here. That is no sign of life either: it tells of running tools every few seconds. */
export function readMessage(raw: unknown): ClaudeMessage | undefined {
  return message.safeParse(raw).data
}
