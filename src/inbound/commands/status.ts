import { listCommands } from '../../codebases/command-store.ts'
import { findSessionId } from '../../conversations/store.ts'
import { answered, NO_CODEBASE, type Command } from '../command.ts'
import { openTasks } from '../take-message.ts'
import { shownPath } from '../work-on.ts'

export const status: Command = {
  name: 'status',
  about: 'Show conversation state',
  group: 'Session',
  async run(talk) {
    const { db, conversation, codebase, parts } = talk
    const session = await findSessionId(db, conversation.id, conversation.agent)
    const [first, ...behind] = await openTasks(talk)
    const commands = codebase ? await listCommands(db, codebase.id) : []
    const lines = [
      codebase ? `Codebase: ${codebase.name} (${codebase.id})` : NO_CODEBASE,
      codebase && `CWD: ${shownPath(parts.workspaceRoot, codebase, conversation.cwd)}`,
      `Assistant: ${conversation.agent}`,
      `Active Session: ${session ?? 'none'}`,
      codebase && `Branch: ${conversation.branch}`,
      first && `Task: ${first.title} (${first.status})`,
      behind.length > 0 && `Queued: ${behind.map(({ title }) => title).join(' · ')}`,
      commands.length > 0 &&
        `\nRegistered Commands:\n${commands.map(({ name, path, description }) => `  ${name} - ${description || path}`).join('\n')}`,
    ]
    return answered('status', lines.filter(Boolean).join('\n'))
  },
}
