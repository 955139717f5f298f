import { isAbsolute, relative } from 'node:path/posix'
import type { SessionUpdate, ToolCallContent, ToolCallUpdate } from '@agentclientprotocol/sdk'
import type { AgentEvent, FileTouch, ToolKind } from '../driver.ts'

type ToolEvent = Extract<AgentEvent, { type: 'tool' }>

/** Turns what an agent tells into our words. It remembers tools: an update tells only what is new. */
export interface UpdateReader {
  /** Undefined for what has no word of ours; still a sign of life. */
  read(update: SessionUpdate): AgentEvent | undefined
  readTool(call: ToolCallUpdate): ToolEvent
  knows(toolId: string): boolean
  /** A person said no. What the agent says of this tool from now on stays "denied". */
  deny(toolId: string): ToolEvent
}

export function createUpdateReader(workspace: string): UpdateReader {
  const known = new Map<string, { title: string; kind: ToolKind; files: FileTouch[]; isDenied: boolean }>()

  const readTool = (call: ToolCallUpdate): ToolEvent => {
    const before = known.get(call.toolCallId)
    const kind = call.kind ? readKind(call.kind) : (before?.kind ?? 'other')
    const files = readFiles(call, kind, workspace)
    const tool = {
      title: call.title ?? before?.title ?? 'tool',
      kind,
      files: files.length > 0 ? files : (before?.files ?? []),
      isDenied: before?.isDenied ?? false,
    }
    known.set(call.toolCallId, tool)
    const output = readOutput(call)
    return {
      type: 'tool',
      id: call.toolCallId,
      kind,
      title: tool.title,
      state: tool.isDenied ? 'denied' : readState(call.status),
      // The texts of a change are told once, its paths each time.
      ...(tool.files.length > 0 && { files: files.length > 0 ? files : tool.files.map(withoutTexts) }),
      ...(call.rawInput !== undefined && { input: call.rawInput }),
      ...(output !== undefined && { output }),
    }
  }

  return {
    readTool,
    knows: (toolId) => known.has(toolId),
    deny(toolId) {
      const tool = known.get(toolId)
      if (tool) tool.isDenied = true
      return readTool({ toolCallId: toolId, status: 'failed' })
    },
    read(update) {
      switch (update.sessionUpdate) {
        case 'agent_message_chunk':
          return update.content.type === 'text' ? { type: 'text', text: update.content.text } : undefined
        case 'agent_thought_chunk':
          return update.content.type === 'text' ? { type: 'thought', text: update.content.text } : undefined
        case 'tool_call':
        case 'tool_call_update':
          return readTool(update)
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
        case 'user_message_chunk':
        case 'available_commands_update':
        case 'current_mode_update':
        case 'config_option_update':
        case 'session_info_update':
        case 'usage_update':
        case 'compaction_update':
        case 'compaction_summary_chunk':
          return undefined
        default:
          update satisfies never
          return undefined
      }
    },
  }
}

const PLAN_STATE = { pending: 'pending', in_progress: 'active', completed: 'done' } as const

function readKind(kind: NonNullable<ToolCallUpdate['kind']>): ToolKind {
  return kind === 'switch_mode' ? 'other' : kind
}

/** An update without a status brings output of a tool that runs. */
function readState(status: ToolCallUpdate['status']): ToolEvent['state'] {
  switch (status) {
    case 'pending':
      return 'proposed'
    case 'completed':
      return 'done'
    case 'failed':
      return 'failed'
    case 'in_progress':
    case null:
    case undefined:
      return 'running'
  }
}

function readFiles(call: ToolCallUpdate, kind: ToolKind, workspace: string): FileTouch[] {
  const diffs = (call.content ?? []).filter((part) => part.type === 'diff')
  if (diffs.length > 0) {
    return diffs.map(({ path, oldText, newText }) => ({
      path: withinWorkspace(path, workspace),
      change: oldText === null || oldText === undefined ? 'add' : 'update',
      ...(typeof oldText === 'string' && { oldText }),
      newText,
    }))
  }
  if (kind !== 'edit' && kind !== 'delete' && kind !== 'move') return []
  const change = kind === 'delete' ? 'delete' : 'update'
  return (call.locations ?? []).map(({ path }) => ({ path: withinWorkspace(path, workspace), change }))
}

function withoutTexts({ path, change }: FileTouch): FileTouch {
  return { path, change }
}

function withinWorkspace(path: string, workspace: string): string {
  const inside = relative(workspace, path)
  return isAbsolute(path) && inside !== '' && !inside.startsWith('..') ? inside : path
}

function readOutput(call: ToolCallUpdate): string | undefined {
  const texts = (call.content ?? []).flatMap(textOf)
  if (texts.length > 0) return texts.join('\n')
  if (typeof call.rawOutput === 'string') return call.rawOutput
  const output = (call.rawOutput as { output?: unknown } | null | undefined)?.output
  return typeof output === 'string' ? output : undefined
}

function textOf(part: ToolCallContent): string[] {
  return part.type === 'content' && part.content.type === 'text' ? [part.content.text] : []
}
