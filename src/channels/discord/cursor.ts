import { z } from 'zod'
import type { ChannelHost } from '../channel.ts'
import { seenShape, type Seen } from './last-seen.ts'

/** A session at the Gateway, as @discordjs/ws keeps it, up to an event. */
const sessionShape = z.object({
  sessionId: z.string(),
  resumeURL: z.url(),
  sequence: z.number(),
  shardId: z.number(),
  shardCount: z.number(),
})
export type Session = z.infer<typeof sessionShape>

/** Where hearing goes on. What was said after `session.sequence` comes again when the session is resumed; otherwise `seen` is read again. */
export interface Cursor {
  session: Session | null
  seen: Seen[]
}

const cursorShape = z.object({
  session: sessionShape.nullable().catch(null),
  seen: z.array(seenShape).catch([]),
})

export async function readCursor(host: Pick<ChannelHost, 'readCursor'>): Promise<Cursor> {
  return cursorShape.safeParse(await host.readCursor()).data ?? { session: null, seen: [] }
}
