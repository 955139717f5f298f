import { say } from '../deliveries/store.ts'
import { otherPlaces } from '../places/link-store.ts'
import type { Talk } from './parts.ts'

const LONGEST = 1_500

/** What somebody said in one place, shown in those that want to see everything. What Drover itself shows never comes in: no echo. */
export async function mirror({ db, conversation, place, member }: Talk, text: string): Promise<void> {
  for (const other of await otherPlaces(db, conversation.id, place.id)) {
    if (other.mirror !== 'full') continue
    const words = text.length > LONGEST ? `${text.slice(0, LONGEST).toWellFormed()}…` : text
    const markdown = `${words.replaceAll(/^/gm, '> ')}\n— ${member.name}, on ${place.channel}`
    await say(db, other, { markdown, isQuiet: true }, { conversationId: conversation.id })
  }
}
