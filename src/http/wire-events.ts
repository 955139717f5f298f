import { z } from '@hono/zod-openapi'
import { TASK_STATUSES } from '../tasks/task.ts'

export const Question = z
  .object({
    id: z.string(),
    kind: z.enum(['permission', 'question']),
    title: z.string(),
    choices: z.array(z.object({ id: z.string(), label: z.string() })),
    freeText: z.boolean().openapi({ description: 'Whether it may be answered with a text' }),
  })
  .openapi('Question')
export type Question = z.infer<typeof Question>

const Status = z.enum(TASK_STATUSES)
const FileTouch = z.object({
  path: z.string(),
  change: z.enum(['add', 'update', 'delete']),
  oldText: z.string().optional(),
  newText: z.string().optional(),
})
export const Spend = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheReadTokens: z.number(),
  cacheWriteTokens: z.number(),
  reasoningTokens: z.number(),
  usd: z.number().nullable().openapi({ description: 'Null where nobody said' }),
  basis: z.enum(['agent', 'priced', 'unknown']),
})

/** What happened: told by the agent (agents/driver.ts), or noted by Drover (events/event.ts). */
export const EventBody = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('state'),
      from: Status.optional(),
      to: Status,
      waitingFor: z.enum(['input', 'children', 'limit']).optional(),
      runAt: z.string().optional(),
      failure: z.object({ class: z.string(), message: z.string() }).optional(),
    }),
    z.object({ type: z.literal('step'), text: z.string() }),
    Question.extend({ type: z.literal('question') }),
    z.object({
      type: z.literal('result'),
      branch: z.string().optional(),
      head: z.string().optional(),
      diffStat: z.string().optional(),
    }),
    z.object({
      type: z.literal('session'),
      resume: z.string(),
      model: z.string().optional(),
      agentVersion: z.string().optional(),
    }),
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('thought'), text: z.string() }),
    z.object({
      type: z.literal('tool'),
      id: z.string(),
      kind: z.enum(['read', 'edit', 'delete', 'move', 'search', 'execute', 'fetch', 'think', 'mcp', 'other']),
      title: z.string(),
      state: z.enum(['proposed', 'running', 'done', 'failed', 'denied']),
      files: z.array(FileTouch).optional(),
      input: z.unknown().optional(),
      output: z.string().optional(),
      artifactId: z.string().optional().openapi({ description: 'Where the whole output lies, if `output` was cut' }),
    }),
    z.object({
      type: z.literal('plan'),
      items: z.array(z.object({ text: z.string(), state: z.enum(['pending', 'active', 'done']) })),
    }),
    z.object({
      type: z.literal('notice'),
      level: z.enum(['info', 'warn']),
      code: z.enum(['retry', 'auth', 'cut', 'fallback', 'other']),
      text: z.string(),
    }),
    z.object({ type: z.literal('spend'), total: Spend }),
  ])
  .openapi('Event')
