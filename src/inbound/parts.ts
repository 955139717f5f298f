import type { Channel, Inbound } from '../channels/channel.ts'
import type { Codebase } from '../codebases/codebase.ts'
import type { BusyMode, Conversation } from '../conversations/conversation.ts'
import type { Database } from '../db/connect.ts'
import type { Db } from '../db/scope.ts'
import type { Verdict } from '../inbox/inbox.ts'
import type { Log } from '../lib/log.ts'
import type { Member } from '../orgs/member.ts'
import type { PlaceRow } from '../places/store.ts'
import type { Unsure } from '../questions/offer.ts'
import type { Transcriber } from '../speech/transcriber.ts'

export interface InboundParts {
  database: Database
  log: Log
  /** By name. Nothing is sent or asked here: only what they can do counts. */
  channels: ReadonlyMap<string, Pick<Channel, 'accounts'>>
  agents: { defaultName: string; names: readonly string[] }
  /** What people call the folder of the workspaces: `/workspace`. */
  workspaceRoot: string
  /** How a new conversation of a channel treats messages that come while a task runs. */
  busyMode(channel: string): BusyMode
  /** Accounts that the settings let in, by channel; `everybody` where the channel itself lets in only whom it knows. */
  allowed(channel: string): ReadonlySet<string> | 'everybody'
}

export interface FetchingParts {
  database: Database
  log: Log
  /** By name. */
  channels: ReadonlyMap<string, Channel>
  /** Undefined: voice messages are not set up. */
  transcriber: Transcriber | undefined
}

/** Somebody who may says something in a conversation: what handles it works in one transaction, and sees one org. */
export interface Talk {
  parts: InboundParts
  db: Db
  event: Inbound
  member: Member
  place: PlaceRow
  conversation: Conversation
  codebase: Codebase | undefined
}

/** Words that somebody has confirmed, to be handled now as if they had been said in their conversation. */
export type Confirmed = Pick<Unsure, 'saidId' | 'event'> & { conversationId: string }

/** What is answered at once, in the same place, and what became of the message. */
export type Reply = { say?: string; confirmed?: Confirmed; /** Its files may still be wanted. */ keepsFiles?: true } & (
  | { type: 'command' | 'answer' | 'dropped'; reason: string; taskId?: string }
  | { type: 'task'; taskId: string; reason: string }
)

export function toVerdict(reply: Reply, { conversation }: Talk): Verdict {
  const { say: _said, confirmed: _confirmed, keepsFiles: _keeps, ...verdict } = reply
  return { ...verdict, conversationId: conversation.id }
}
