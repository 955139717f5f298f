import type { CodebaseCommand } from '../../codebases/codebase.ts'
import { findCommand } from '../../codebases/command-store.ts'
import { UserError } from '../../lib/errors.ts'
import { NO_CODEBASE, type Command } from '../command.ts'
import type { Reply, Talk } from '../parts.ts'
import { startTask } from '../take-message.ts'

export const commandInvoke: Command = {
  name: 'command-invoke',
  usage: '<name> [args...]',
  about: 'Execute command',
  group: 'Command Management',
  async run(talk, { words, argumentText }) {
    if (!talk.codebase) throw new UserError('no-codebase', NO_CODEBASE)
    const [name] = words
    if (name === undefined)
      throw new UserError('no-name', 'Say which: `/command-invoke <name> [args...]`. `/commands` lists them.')
    const command = await findCommand(talk.db, talk.codebase.id, name)
    if (!command)
      throw new UserError(
        'unknown-command',
        `Command '${name}' is not registered. Use \`/load-commands <folder>\` or \`/command-set ${name} <path>\` to register it.`,
      )
    return invoke(talk, command, argumentText.replace(/^\S+\s*/, ''))
  },
}

/** A task whose prompt is the command's file, filled in when it runs: what the file says by then counts. */
export async function invoke(talk: Talk, { name, path }: CodebaseCommand, argumentText: string): Promise<Reply> {
  const prompt = argumentText === '' ? `/${name}` : `/${name} ${argumentText}`
  const task = await startTask(talk, prompt, { command: { name, path, argumentText } })
  return { type: 'task', taskId: task.id, reason: `prompt command ${name}` }
}
