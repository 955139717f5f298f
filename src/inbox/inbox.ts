import type { Inbound } from '../channels/channel.ts'
import type { Id } from '../lib/ids.ts'

/** What became of something that somebody said. */
export type Verdict = {
  /** In a sentence, for whoever asks why. */
  reason: string
  conversationId?: string
} & ({ type: 'task'; taskId: string } | { type: 'command' | 'answer' | 'dropped'; taskId?: string })

/** Something said on a platform, stored before the platform was told that it has arrived. */
export interface Said {
  id: Id<'said'>
  orgId: Id<'org'>
  channel: string
  key: string
  event: Inbound
  link: string | null
  /** `parked`: it could not be handled, several times; a person looks into it. */
  status: 'new' | 'done' | 'parked'
  tries: number
  verdict: Verdict['type'] | null
  reason: string | null
  taskId: string | null
  conversationId: string | null
  receivedAt: Date
  handledAt: Date | null
}
