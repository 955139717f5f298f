import type { SessionUpdate } from '@agentclientprotocol/sdk'
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
      return tools.read(update)
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

const PLAN_STATE = { pending: 'pending', in_progress: 'active', completed: 'done' } as const
