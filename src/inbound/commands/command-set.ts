import { UserError } from '../../lib/errors.ts'
import { NO_CODEBASE, type Command } from '../command.ts'
import { startChore } from '../start-chore.ts'
import { within } from './setcwd.ts'

export const commandSet: Command = {
  name: 'command-set',
  usage: '<name> <path> [text]',
  about: 'Register/create command',
  group: 'Command Management',
  async run(talk, { words }) {
    if (!talk.codebase) throw new UserError('no-codebase', NO_CODEBASE)
    const [name, given, text] = words
    if (name === undefined || given === undefined)
      throw new UserError('usage', 'It goes like this: `/command-set <name> <path> [text]`, with the text in quotes.')
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(name))
      throw new UserError('name', `"${name}" cannot be the name of a command: use small letters, digits, "-" and "_".`)
    const path = within('/', given, talk.conversation.cwd)
    if (path === undefined || path === '') throw new UserError('outside', `${given} is outside of the repository.`)
    return startChore(talk, {
      title: `Registering ${name}`,
      do: { type: 'command-set', name, path, ...(text !== undefined && { text }) },
    })
  },
}
