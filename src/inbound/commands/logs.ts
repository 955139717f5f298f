import { readEvents } from '../../events/store.ts'
import { clipMiddle } from '../../lib/clip-text.ts'
import { listTasks } from '../../tasks/store.ts'
import { answered, type Command } from '../command.ts'
import { lineOf } from '../line-of.ts'

const LINES = 25

export const logs: Command = {
  name: 'logs',
  about: 'Show the last steps of the last task',
  group: 'Work',
  async run({ db, conversation }) {
    const [task] = await listTasks(db, conversation.orgId, { conversationId: conversation.id, limit: 1 })
    if (!task) return answered('logs', 'Nothing has run here yet.')
    const events = await readEvents(db, task.id, Math.max(0, task.lastEvent - 400), 400)
    const lines = events.flatMap(({ event }) => lineOf(event) ?? []).slice(-LINES)
    return answered('logs', `${task.title} (${task.status})\n\`\`\`\n${clipMiddle(lines.join('\n'), 3_000)}\n\`\`\``)
  },
}
