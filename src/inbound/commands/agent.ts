import { changeConversation, endSession } from '../../conversations/store.ts'
import { UserError } from '../../lib/errors.ts'
import { answered, type Command } from '../command.ts'

export const agent: Command = {
  name: 'agent',
  usage: '[name]',
  about: 'Show or switch the assistant',
  group: 'Session',
  async run({ db, conversation, parts }, { words }) {
    const [name] = words
    const { names } = parts.agents
    if (name === undefined)
      return answered(
        'agent',
        `Assistant: ${conversation.agent}\nThere are: ${names.join(', ')}. Switch with \`/agent <name>\`.`,
      )
    if (!names.includes(name))
      throw new UserError('no-agent', `There is no agent "${name}". There are: ${names.join(', ')}.`)
    if (name === conversation.agent) return answered('agent', `Assistant: ${name}, as before.`)
    await endSession(db, conversation.id, name)
    await changeConversation(db, conversation.id, { agent: name })
    return answered(
      'agent',
      `Assistant: ${name}. It starts a new session with your next message, with the same files and a summary of what was said.`,
    )
  },
}
