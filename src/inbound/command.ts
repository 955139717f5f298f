import type { ParsedCommand } from './parse-command.ts'
import type { Reply, Talk } from './parts.ts'

/** One command: a file in commands/, a line in `commands/registry.ts`. It answers without a model, and does nothing slow: what is slow becomes a task. */
export interface Command {
  name: string
  /** What stands behind the name in the help. */
  usage?: string
  about: string
  group: 'Command Management' | 'Codebase' | 'Session' | 'Work' | 'You'
  run(talk: Talk, command: ParsedCommand): Promise<Reply>
}

/** An answer that is all there is to do. */
export const answered = (name: string, say: string): Reply => ({ type: 'command', reason: `command /${name}`, say })

export const NO_CODEBASE = 'No codebase configured. Use `/clone <repo-url>` to get started.'
