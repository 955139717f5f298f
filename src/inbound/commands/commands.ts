import { listCommands } from '../../codebases/command-store.ts'
import { UserError } from '../../lib/errors.ts'
import { answered, NO_CODEBASE, type Command } from '../command.ts'

export const commands: Command = {
  name: 'commands',
  about: 'List registered commands',
  group: 'Command Management',
  async run({ db, codebase }) {
    if (!codebase) throw new UserError('no-codebase', NO_CODEBASE)
    const found = await listCommands(db, codebase.id)
    if (found.length === 0)
      return answered(
        'commands',
        `No commands are registered for ${codebase.name}. Use \`/load-commands <folder>\` or \`/command-set <name> <path>\`.`,
      )
    const told = found.map(({ name, path, description }) =>
      description === '' ? `${name} - ${path}` : `${name} - ${path}\n  ${description}`,
    )
    return answered('commands', `Registered Commands for ${codebase.name}:\n\n${told.join('\n\n')}`)
  },
}
