import { cancelTask } from '../../tasks/store.ts'
import { answered, type Command } from '../command.ts'
import { openTasks } from '../take-message.ts'

export const stop: Command = {
  name: 'stop',
  usage: '[all]',
  about: 'Stop what runs; all: what waits behind it, too',
  group: 'Work',
  async run(talk, { words }) {
    const open = await openTasks(talk)
    const [admitted] = open.filter(({ status }) => status !== 'queued')
    const stopped = words[0] === 'all' ? open : admitted ? [admitted] : []
    if (stopped.length === 0) return answered('stop', 'Nothing is running here.')
    // What waits behind it first: else it would begin for a moment.
    for (const { id } of stopped.toReversed()) await cancelTask(talk.db, id)
    const behind = open.length - stopped.length
    const next =
      behind > 0 ? `\n${behind} more ${behind === 1 ? 'waits' : 'wait'} behind it: \`/stop all\` ends them, too.` : ''
    return answered('stop', `Stopping: ${stopped.map(({ title }) => title).join(' · ')}${next}`)
  },
}
