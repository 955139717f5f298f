import type { Delivery } from '../deliveries/delivery.ts'
import type { Question } from '../questions/question.ts'
import type { Said } from './inbox.ts'

/** What stands in a place for people to read, whose messages nobody but Drover keeps. */
export type RoomEntry = RoomSaid | RoomShown

/** Said there, or in another place of the same conversation. */
export interface RoomSaid extends Pick<
  Said,
  'key' | 'channel' | 'status' | 'verdict' | 'reason' | 'taskId' | 'conversationId'
> {
  by: 'person'
  at: Date
  /** Who said it. */
  name: string
  text: string
}

/** Shown there by Drover. */
export interface RoomShown extends Pick<Delivery, 'id' | 'kind' | 'status' | 'taskId' | 'conversationId'> {
  by: 'drover'
  at: Date
  /** Empty as long as nothing is shown. */
  text: string
  /** Of its last message: what an answer to it names. */
  messageId: string | null
  /** As long as it is open. */
  question: Pick<Question, 'id' | 'kind' | 'choices' | 'freeText'> | null
}
