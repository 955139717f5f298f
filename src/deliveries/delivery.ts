import type { Outgoing, Place } from '../channels/channel.ts'
import type { Id } from '../lib/ids.ts'

/** Something to show in one place. `text` is said once; a `card` and an `answer` live as long as their task, a `question` until it is closed; a `webhook` is posted once. */
export interface Delivery {
  id: Id<'delivery'>
  orgId: Id<'org'>
  place: Place & { id: string }
  conversationId: string | null
  taskId: string | null
  questionId: string | null
  kind: 'text' | 'card' | 'answer' | 'question' | 'webhook'
  /** Of a text: what it says. Of what lives: what it was made of so far. Of a webhook: the event. */
  content: Record<string, unknown>
  /** `open`: lives. `pending`: to be brought into its last form. */
  status: 'open' | 'pending' | 'sent' | 'dead' | 'discarded'
  /** The messages that show it, and the text of each. */
  messageIds: string[]
  shown: string[]
  shownEvent: number
  tries: number
  error: string | null
  createdAt: Date
  endedAt: Date | null
}

export type TextContent = Pick<Outgoing, 'markdown' | 'isQuiet'>

/** Stands between the text of a message and the id of the question whose buttons it has. */
const BUTTONS = '\u2063'

/** What is noted in `shown` of a message, to see later whether it must change. */
export const faceOf = ({ markdown, choices }: Outgoing) =>
  choices ? `${markdown}${BUTTONS}${choices.questionId}` : markdown

/** The text in it. */
export const textOf = (face: string) => face.replace(/\u2063que_[0-9a-z]+$/, '')
