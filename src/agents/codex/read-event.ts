import { z } from 'zod'

const status = z.enum(['in_progress', 'completed', 'failed', 'declined']).catch('in_progress')
const count = z.number().nonnegative().catch(0)
const words = z.object({ message: z.string() })

/** What happens in a turn. Others than these are signs of life. */
const item = z.discriminatedUnion('type', [
  z.object({ type: z.literal('agent_message'), id: z.string(), text: z.string() }),
  z.object({ type: z.literal('reasoning'), id: z.string(), text: z.string() }),
  z.object({
    type: z.literal('command_execution'),
    id: z.string(),
    command: z.string(),
    aggregated_output: z.string().catch(''),
    status,
  }),
  z.object({
    type: z.literal('file_change'),
    id: z.string(),
    changes: z.array(z.object({ path: z.string(), kind: z.enum(['add', 'delete', 'update']) })),
    status,
  }),
  z.object({
    type: z.literal('mcp_tool_call'),
    id: z.string(),
    server: z.string(),
    tool: z.string(),
    arguments: z.unknown(),
    result: z.object({ content: z.array(z.unknown()) }).nullish(),
    error: words.nullish(),
    status,
  }),
  z.object({
    type: z.literal('collab_tool_call'),
    id: z.string(),
    tool: z.string(),
    prompt: z.string().nullish(),
    status,
  }),
  z.object({ type: z.literal('web_search'), id: z.string(), query: z.string() }),
  z.object({
    type: z.literal('todo_list'),
    id: z.string(),
    items: z.array(z.object({ text: z.string(), completed: z.boolean() })),
  }),
  z.object({ type: z.literal('error'), id: z.string(), message: z.string() }),
])

const usage = z.object({
  input_tokens: count,
  cached_input_tokens: count,
  cache_write_input_tokens: count,
  output_tokens: count,
  reasoning_output_tokens: count,
})

const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thread.started'), thread_id: z.string() }),
  z.object({ type: z.literal('turn.completed'), usage }),
  z.object({ type: z.literal('turn.failed'), error: words }),
  z.object({ type: z.literal('error'), message: z.string() }),
  z.object({ type: z.enum(['item.started', 'item.updated', 'item.completed']), item }),
])

export type CodexItem = z.output<typeof item>
export type CodexEvent = z.output<typeof event>

/** One line of `codex exec --experimental-json`; undefined for what has no word of ours. */
export function readCodexEvent(line: string): CodexEvent | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return event.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
