import type { AgentEvent } from '../driver.ts'
import type { ClaudeMessage } from './message.ts'
import { isPlanTool, type PlanKeeper } from './plan.ts'
import { describeTool, filesAfter, reportOf, type KnownTool } from './tools.ts'

type ToolEvent = Extract<AgentEvent, { type: 'tool' }>
type Of<Type extends ClaudeMessage['type']> = Extract<ClaudeMessage, { type: Type }>
type System = Exclude<Of<'system'>, { subtype: 'init' }>

/** Turns what Claude tells in one turn into our words. */
export interface MessageReader {
  /** Nothing for what is only a sign of life. */
  read(message: Exclude<ClaudeMessage, { type: 'result' | 'rate_limit_event' } | { subtype: 'init' }>): AgentEvent[]
  /** A person, or a rule, said no. What is told of this tool from now on stays "denied". */
  deny(toolId: string): ToolEvent | undefined
}

export function createMessageReader(workspace: string, plan: PlanKeeper): MessageReader {
  const tools = new Map<string, KnownTool & { isDenied: boolean }>()
  const streamed = new Set<string>()
  let hasSpoken = false
  let beginsAnew = false

  /** Texts between tools come in blocks, with nothing between them: each is a paragraph of the answer. */
  const say = (text: string): AgentEvent => {
    const gap = beginsAnew && hasSpoken ? '\n\n' : ''
    beginsAnew = false
    hasSpoken = true
    return { type: 'text', text: gap + text }
  }

  const readStream = ({ parent_tool_use_id, event }: Of<'stream_event'>): AgentEvent[] => {
    // What a subagent says is for the agent that asked it.
    if (parent_tool_use_id) return []
    if (event.message) streamed.add(event.message.id)
    if (event.content_block?.type === 'text') beginsAnew = true
    if (event.delta?.text) return [say(event.delta.text)]
    return event.delta?.thinking ? [{ type: 'thought', text: event.delta.thinking }] : []
  }

  const readAssistant = ({ message, parent_tool_use_id, is_api_error_message }: Of<'assistant'>): AgentEvent[] =>
    message.content.flatMap((block) => {
      if (block.type === 'tool_use') return beginTool(block)
      // Only where the answer did not come as a stream: Claude asks again without one when a stream breaks.
      const isNews = !parent_tool_use_id && !is_api_error_message && !streamed.has(message.id)
      if (!isNews || block.text === '') return []
      beginsAnew = true
      return [say(block.text)]
    })

  const beginTool = ({ id, name, input }: { id: string; name: string; input: unknown }): AgentEvent[] => {
    const tool = describeTool(name, input, workspace)
    tools.set(id, { ...tool, isDenied: false })
    if (isShownOtherwise(name)) return []
    const files = tool.files.length > 0 && { files: tool.files }
    return [{ type: 'tool', id, kind: tool.kind, title: tool.title, state: 'running', ...files, input }]
  }

  const readResults = ({ message, tool_use_result: outcome }: Of<'user'>): AgentEvent[] =>
    message.content.flatMap((result): AgentEvent[] => {
      const tool = tools.get(result.tool_use_id)
      if (!tool) return []
      if (isPlanTool(tool.name)) return orNothing(plan.read(tool, outcome))
      if (isShownOtherwise(tool.name)) return []
      const state = tool.isDenied ? 'denied' : result.is_error ? 'failed' : 'done'
      const output = reportOf(tool, outcome) ?? result.content
      return [{ ...toolEvent(result.tool_use_id, tool, state, outcome), output }]
    })

  const deny = (toolId: string): ToolEvent | undefined => {
    const tool = tools.get(toolId)
    if (!tool) return undefined
    tool.isDenied = true
    return isShownOtherwise(tool.name) ? undefined : toolEvent(toolId, tool, 'denied')
  }

  const readSystem = (message: System): AgentEvent[] => {
    switch (message.subtype) {
      case 'api_retry':
        return [retryNotice(message)]
      case 'permission_denied':
        return orNothing(deny(message.tool_use_id))
      case 'informational':
        return [notice('info', 'other', message.content)]
      case 'model_refusal_fallback':
        return [notice('warn', 'fallback', message.content)]
      case 'compact_boundary':
        return [notice('info', 'other', 'The session was getting too long: Claude goes on with a summary of it.')]
      case 'session_writes_lost':
        return [notice('warn', 'other', 'The disk is full: this session may not be remembered.')]
      case 'thinking_tokens':
      case 'task_progress':
        return []
    }
  }

  return {
    deny,
    read(message) {
      switch (message.type) {
        case 'stream_event':
          return readStream(message)
        case 'assistant':
          return readAssistant(message)
        case 'user':
          return readResults(message)
        case 'system':
          return readSystem(message)
      }
    },
  }
}

function orNothing(event: AgentEvent | undefined): AgentEvent[] {
  return event ? [event] : []
}

function isShownOtherwise(name: string): boolean {
  return isPlanTool(name) || name === 'AskUserQuestion'
}

function toolEvent(id: string, tool: KnownTool, state: ToolEvent['state'], outcome?: unknown): ToolEvent {
  const files = tool.files.length > 0 && { files: filesAfter(tool, outcome) }
  return { type: 'tool', id, kind: tool.kind, title: tool.title, state, ...files }
}

type Notice = Extract<AgentEvent, { type: 'notice' }>

function notice(level: Notice['level'], code: Notice['code'], text: string): Notice {
  return { type: 'notice', level, code, text }
}

function retryNotice(retry: Extract<System, { subtype: 'api_retry' }>): Notice {
  const why = `${retry.error.replaceAll('_', ' ')}${retry.error_status ? ` (${retry.error_status})` : ''}`
  const seconds = (retry.retry_delay_ms / 1000).toFixed(1)
  const text = `The model’s API did not answer: ${why}. Try ${retry.attempt} of ${retry.max_retries} in ${seconds} s.`
  return notice('warn', retry.error_status === 401 ? 'auth' : 'retry', text)
}
