import { endSession, findSessionId } from '../../conversations/store.ts'
import { answered, type Command } from '../command.ts'

export const reset: Command = {
  name: 'reset',
  about: 'Force new session',
  group: 'Session',
  async run({ db, conversation }) {
    const before = await findSessionId(db, conversation.id, conversation.agent)
    await endSession(db, conversation.id, conversation.agent)
    const lines = [
      'Session cleared. Starting fresh session.',
      before === undefined ? 'There was no session before.' : `Previous session: ${before} (marked inactive)`,
      'New session: with your next message; the files stay as they are.',
    ]
    return answered('reset', lines.join('\n'))
  },
}
