import type { Attachment, Inbound } from '../channels/channel.ts'
import type { Id } from '../lib/ids.ts'
import type { Transcript } from '../speech/transcriber.ts'

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
  /** `fetching`: its files are on their way. `parked`: it could not be handled, several times; a person looks into it. */
  status: 'new' | 'fetching' | 'done' | 'parked'
  tries: number
  verdict: Verdict['type'] | null
  reason: string | null
  taskId: string | null
  conversationId: string | null
  receivedAt: Date
  handledAt: Date | null
  /** When the files that came with it had been fetched, as far as they could be. */
  fetchedAt: Date | null
}

/** What became of a file that came with a message. */
export interface SaidFile {
  /** Its place among the message's attachments. */
  n: number
  kind: Attachment['kind']
  name: string
  mediaType: string
  /** Whether its content is there to be handed on. */
  isKept: boolean
  /** Of a voice. */
  transcript: Transcript | null
  /** For the person who sent it: what is wrong, and what to do. */
  problem: string | null
}
