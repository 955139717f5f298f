import type { BusyMode } from '../../conversations/conversation.ts'
import { changeConversation } from '../../conversations/store.ts'
import { UserError } from '../../lib/errors.ts'
import { answered, type Command } from '../command.ts'
import { takeMessage } from '../take-message.ts'

const MEANS: Record<BusyMode, string> = {
  queue: 'wait in line',
  steer: 'are told to the agent while it works, where it listens; else they wait in line',
  interrupt: 'stop what runs and take its place',
  collect: 'join the message that waits',
}

export const busy: Command = {
  name: 'busy',
  usage: '[queue|steer|interrupt|collect]',
  about: 'What becomes of messages while a task runs',
  group: 'Work',
  async run({ db, conversation }, { words }) {
    const [mode] = words
    if (mode === undefined)
      return answered(
        'busy',
        `Messages that come while a task runs ${MEANS[conversation.busy]} (${conversation.busy}).`,
      )
    if (!(mode in MEANS)) throw new UserError('usage', `It is one of: ${Object.keys(MEANS).join(', ')}.`)
    await changeConversation(db, conversation.id, { busy: mode as BusyMode })
    return answered('busy', `From now on messages that come while a task runs ${MEANS[mode as BusyMode]}.`)
  },
}

/** `/interrupt <text>` and its like: this message so, whatever the conversation's mode. */
const withMode = (mode: BusyMode, about: string): Command => ({
  name: mode,
  usage: '<text>',
  about,
  group: 'Work',
  run: (talk, { argumentText }) => takeMessage(talk, argumentText, mode),
})

export const queue = withMode('queue', 'Say something that waits in line')
export const steer = withMode('steer', 'Tell the agent something while it works')
export const interrupt = withMode('interrupt', 'Stop what runs, and do this')
export const collect = withMode('collect', 'Add to the message that waits')
