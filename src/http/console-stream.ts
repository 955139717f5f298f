import { asOrg } from '../db/scope.ts'
import { readRoom } from '../inbox/room-store.ts'
import { currentConversation, type PlaceRow } from '../places/store.ts'
import type { StreamParts } from './events-stream.ts'
import { streamLooks } from './stream-looks.ts'
import { roomEntryToWire } from './to-wire.ts'
import type { ConsoleMessages } from './wire.ts'

/** A change of what is older than so many messages is not told. */
const WATCHED = 100

/**
 * A room as server-sent events, each a ConsoleMessages: first `event: snapshot`, then `event: change` with the messages that are
 * new or have changed. What changed together is told together: who sees that a message was handled sees its reply, too.
 * A stream that broke begins with a snapshot again.
 */
export function streamRoom({ database, watcher, log, heartbeatMs }: StreamParts, place: PlaceRow) {
  const watch = watcher.watch(place.room)
  let told: ReadonlyMap<string, string> | undefined
  return streamLooks({ watch, log, heartbeatMs, id: place.room }, async () => {
    const page = await asOrg(database, place.orgId, async (db): Promise<ConsoleMessages> => ({
      conversationId: (await currentConversation(db, place.id)) ?? null,
      messages: (await readRoom(db, place, WATCHED)).map(roomEntryToWire),
    }))
    const before = told
    told = new Map(page.messages.map((message) => [message.id, JSON.stringify(message)]))
    if (!before) return { text: format('snapshot', page), isLast: false }
    const messages = page.messages.filter(({ id }) => told?.get(id) !== before.get(id))
    return { text: messages.length === 0 ? '' : format('change', { ...page, messages }), isLast: false }
  })
}

const format = (event: string, data: ConsoleMessages) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
