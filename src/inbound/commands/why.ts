import { findSaid, listSaid } from '../../inbox/store.ts'
import { answered, type Command } from '../command.ts'

export const why: Command = {
  name: 'why',
  usage: '[link or id]',
  about: 'What became of a message',
  group: 'Work',
  async run({ db, conversation }, { words }) {
    const [which] = words
    const found =
      which === undefined
        ? await listSaid(db, { conversationId: conversation.id, limit: 5 })
        : await findSaid(db, which, 5)
    if (found.length === 0)
      return answered(
        'why',
        `Nothing like that has arrived here. Is the bot in that channel, and may it read there? \`drover doctor\` looks.`,
      )
    const lines = found.map(({ id, verdict, status, reason, taskId }) =>
      [`${id}: ${verdict ?? status}`, reason, taskId].filter(Boolean).join(' — '),
    )
    return answered('why', lines.join('\n'))
  },
}
