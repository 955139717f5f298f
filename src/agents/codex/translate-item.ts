import { isAbsolute, relative } from 'node:path/posix'
import type { AgentEvent, ToolKind } from '../driver.ts'
import { commandText } from './command-text.ts'
import type { CodexItem } from './read-event.ts'

type Phase = 'item.started' | 'item.updated' | 'item.completed'
type ToolState = Extract<AgentEvent, { type: 'tool' }>['state']

export interface ItemTranslator {
  translate(phase: Phase, item: CodexItem): AgentEvent | undefined
}

/** For one turn. `turnId`: Codex numbers its items from 0 in each turn, our tools must not be taken for those of another. */
export function createItemTranslator(workspace: string, turnId: string): ItemTranslator {
  /** Messages and thoughts come whole, one after the other. */
  const separators = { text: '', thought: '' }
  const toldErrors = new Set<string>()

  const pieceOf = (type: 'text' | 'thought', text: string): AgentEvent => {
    const piece = { type, text: separators[type] + text }
    separators[type] = '\n\n'
    return piece
  }
  const toolOf = (id: string, kind: ToolKind, title: string, state: ToolState) =>
    ({ type: 'tool', id: `${turnId}.${id}`, kind, title, state }) as const

  return {
    translate(phase, item) {
      switch (item.type) {
        case 'agent_message':
          return phase === 'item.completed' ? pieceOf('text', item.text) : undefined
        case 'reasoning':
          return phase === 'item.completed' ? pieceOf('thought', item.text) : undefined
        case 'command_execution':
          return {
            ...toolOf(item.id, 'execute', commandText(item.command), STATES[item.status]),
            ...(item.aggregated_output !== '' && { output: item.aggregated_output }),
          }
        case 'file_change': {
          const files = item.changes.map(({ path, kind }) => ({ path: within(workspace, path), change: kind }))
          const isDeletion = files.every(({ change }) => change === 'delete')
          const [kind, verb] = isDeletion ? (['delete', 'Delete'] as const) : (['edit', 'Edit'] as const)
          const title = `${verb} ${files.map(({ path }) => path).join(', ')}`
          return { ...toolOf(item.id, kind, title, STATES[item.status]), files }
        }
        case 'mcp_tool_call': {
          const output = item.error?.message ?? textOf(item.result?.content ?? [])
          return {
            ...toolOf(item.id, 'mcp', `${item.server}: ${item.tool}`, STATES[item.status]),
            ...(item.arguments !== undefined && { input: item.arguments }),
            ...(output !== '' && { output }),
          }
        }
        case 'collab_tool_call':
          return {
            ...toolOf(item.id, 'other', item.tool.replaceAll('_', ' '), STATES[item.status]),
            ...(item.prompt && { input: { prompt: item.prompt } }),
          }
        case 'web_search':
          return toolOf(
            item.id,
            'fetch',
            `Search the web: ${item.query}`,
            phase === 'item.completed' ? 'done' : 'running',
          )
        case 'todo_list': {
          const next = item.items.findIndex(({ completed }) => !completed)
          const stateAt = (index: number) => (index === next ? 'active' : 'pending')
          return {
            type: 'plan',
            items: item.items.map(({ text, completed }, index) => ({
              text,
              state: completed ? 'done' : stateAt(index),
            })),
          }
        }
        case 'error':
          // Settings of ours that this version does not know are no news; the rest it likes to say twice.
          if (/unrecognized configuration setting/.test(item.message) || toldErrors.has(item.message)) return undefined
          toldErrors.add(item.message)
          return { type: 'notice', level: 'warn', code: codeOf(item.message), text: item.message }
      }
    },
  }
}

const STATES = { in_progress: 'running', completed: 'done', failed: 'failed', declined: 'denied' } as const

const codeOf = (message: string) => (/^falling back/i.test(message) ? 'fallback' : 'other')

function within(workspace: string, path: string): string {
  const inside = relative(workspace, path)
  return isAbsolute(path) && inside !== '' && !inside.startsWith('..') ? inside : path
}

/** The texts of an MCP answer; pictures and the like are left out. */
function textOf(content: readonly unknown[]): string {
  return content
    .map((part) => (part as { text?: unknown } | null)?.text)
    .filter((text) => typeof text === 'string')
    .join('\n')
}
