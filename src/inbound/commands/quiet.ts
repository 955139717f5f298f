import type { Verbosity } from '../../conversations/conversation.ts'
import { changeConversation } from '../../conversations/store.ts'
import { UserError } from '../../lib/errors.ts'
import { answered, type Command } from '../command.ts'

const SAYS: Record<Verbosity, string> = {
  quiet: 'Quiet: answers and questions only. `/quiet off` brings the status cards back.',
  normal: 'Status cards are on. `/quiet` turns them off, `/quiet verbose` shows tools in them.',
  verbose: 'Verbose: status cards show the tools that are used. `/quiet off` is the usual.',
}

export const quiet: Command = {
  name: 'quiet',
  usage: '[on|off|verbose]',
  about: 'Fewer messages, or more',
  group: 'Session',
  async run({ db, conversation }, { words }) {
    const wanted = { on: 'quiet', off: 'normal', verbose: 'verbose' }[words[0] ?? 'on'] as Verbosity | undefined
    if (!wanted) throw new UserError('usage', 'It is `/quiet`, `/quiet off` or `/quiet verbose`.')
    await changeConversation(db, conversation.id, { verbosity: wanted })
    return answered('quiet', SAYS[wanted])
  },
}
