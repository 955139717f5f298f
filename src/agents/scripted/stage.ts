import type { SessionUpdate, ToolCall } from '@agentclientprotocol/sdk'
import type { ToolResult } from './call-tool.ts'

/** The turn ends here; the answer comes as the next prompt. */
export const NOBODY = 'nobody answered'

/** A person wants no more of this turn. */
export class TurnStopped extends Error {}

/** What a step may do with the world outside. `permit` and `ask` throw `TurnStopped`. */
export interface Stage {
  workspace: string
  signal: AbortSignal
  tell(update: SessionUpdate): Promise<void>
  say(text: string): Promise<void>
  permit(tool: ToolCall): Promise<'yes' | 'no' | typeof NOBODY>
  ask(question: string, choices: string[]): Promise<{ answer: string } | typeof NOBODY>
  /** Calls a tool of one of the session's MCP servers. */
  call(server: string, tool: string, input: Record<string, unknown>): Promise<ToolResult>
  /** What was said in this session before. */
  recall(): string
  /** What was sent with this prompt. */
  files(): string
  /** Writes the progress to disk. */
  keep(): void
}
