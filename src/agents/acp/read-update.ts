import type { SessionUpdate } from '@agentclientprotocol/sdk'
import { z } from 'zod'
import type { AgentEvent } from '../driver.ts'
import type { ToolReader } from './read-tool.ts'
import { readRetry } from './told-failure.ts'

/** What an agent tells, in our words; undefined for what has none. It is still a sign of life. */
export function readUpdate(update: SessionUpdate, tools: ToolReader): AgentEvent | undefined {
  switch (update.sessionUpdate) {
    case 'agent_message_chunk':
      return update.content.type === 'text' ? { type: 'text', text: update.content.text } : undefined
    case 'agent_thought_chunk':
      return update.content.type === 'text' ? { type: 'thought', text: update.content.text } : undefined
    case 'tool_call':
    case 'tool_call_update':
      return readTodos(update) ?? tools.read(update)
    case 'plan':
      return {
        type: 'plan',
        items: update.entries.map(({ content, status }) => ({ text: content, state: PLAN_STATE[status] })),
      }
    case 'notice':
      return {
        type: 'notice',
        level: update.severity === 'info' ? 'info' : 'warn',
        code: 'other',
        text: update.description ? `${update.title}: ${update.description}` : update.title,
      }
    case 'session_info_update':
      return readRetry(update)
    case 'user_message_chunk':
    case 'available_commands_update':
    case 'current_mode_update':
    case 'config_option_update':
    case 'usage_update':
    case 'compaction_update':
    case 'compaction_summary_chunk':
      return undefined
    default:
      update satisfies never
      return undefined
  }
}

const todos = z.object({
  rawInput: z.object({ todos: z.array(z.object({ content: z.string(), status: z.string() })).min(1) }),
})

/** opencode makes its plans with a tool, and tells them as that. */
function readTodos(update: SessionUpdate): AgentEvent | undefined {
  const { data } = todos.safeParse(update)
  if (!data) return undefined
  const items = data.rawInput.todos.map(({ content, status }) => {
    const state = Object.hasOwn(PLAN_STATE, status) ? PLAN_STATE[status as keyof typeof PLAN_STATE] : 'pending'
    return { text: content, state }
  })
  return { type: 'plan', items }
}

const PLAN_STATE = { pending: 'pending', in_progress: 'active', completed: 'done' } as const
