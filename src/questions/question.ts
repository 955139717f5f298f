import type { Id } from '../lib/ids.ts'

/** What a person must answer: an agent's permission or question, or an offer of Drover itself. */
export interface Question {
  id: Id<'question'>
  orgId: Id<'org'>
  conversationId: string
  taskId: string | null
  kind: 'permission' | 'question' | 'offer'
  title: string
  choices: Choice[]
  freeText: boolean
  /** What an offer leads to; src/inbound/offers.ts reads it. */
  action: Record<string, unknown> | null
  closedAt: Date | null
  answer: Answer | null
  answeredBy: string | null
}

interface Choice {
  id: string
  label: string
  /** What it does to a permission; `pick` where it is just an answer. */
  effect: string
}

export interface Answer {
  choice?: string
  text?: string
}

/** The choices of an offer. */
export const YES_OR_NO = [
  { id: 'y', label: 'Yes', effect: 'allow' },
  { id: 'n', label: 'No', effect: 'deny' },
]
