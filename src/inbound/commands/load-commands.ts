import { UserError } from '../../lib/errors.ts'
import { NO_CODEBASE, type Command } from '../command.ts'
import { startChore } from '../start-chore.ts'
import { within } from './setcwd.ts'

export const loadCommands: Command = {
  name: 'load-commands',
  usage: '<folder>',
  about: 'Bulk load commands',
  group: 'Command Management',
  async run(talk, { words }) {
    if (!talk.codebase) throw new UserError('no-codebase', NO_CODEBASE)
    const [given] = words
    const folder = given === undefined ? undefined : within('/', given, talk.conversation.cwd)
    if (folder === undefined || folder === '')
      throw new UserError('no-folder', 'Say which folder of the repository: `/load-commands .claude/commands`.')
    return startChore(talk, { title: `Loading commands from ${folder}`, do: { type: 'load-commands', folder } })
  },
}
