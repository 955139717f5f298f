import type { ConsoleMessage } from '../http/wire.ts'

type Shown = Extract<ConsoleMessage, { by: 'drover' }>

/** What came of something that was said in a room. */
export type Outcome =
  /** A task is over, and all of it is shown. */
  | { type: 'ended'; taskId: string }
  /** It was a command, or an answer: the reply is shown. */
  | { type: 'replied' }
  /** A task waits for somebody's answer, and what was said waits with it. */
  | { type: 'asked' }
  | { type: 'refused'; reason: string }

/** Undefined as long as something of it is to come. */
export function outcomeOf(messages: readonly ConsoleMessage[], id: string): Outcome | undefined {
  const said = messages.find((message) => message.id === id)
  if (said?.by !== 'person' || said.status === 'new' || said.status === 'fetching') return undefined
  const shown = messages.filter((message) => message.by === 'drover')
  if (shown.some(({ kind, isFinal }) => !isFinal && (kind === 'text' || kind === 'question'))) return undefined
  const reason = said.reason ?? ''
  if (said.status === 'parked' || said.verdict === 'dropped' || reason.startsWith('refused'))
    return { type: 'refused', reason }
  if (said.taskId === null) return { type: 'replied' }
  if (isOver(shown, said.taskId)) return { type: 'ended', taskId: said.taskId }
  return openQuestion(messages) ? { type: 'asked' } : undefined
}

/** A task that is not over has a card or an answer that lives; in a quiet conversation it has nothing at all. */
function isOver(shown: readonly Shown[], taskId: string): boolean {
  const living = shown.filter(
    (message) => message.taskId === taskId && (message.kind === 'card' || message.kind === 'answer'),
  )
  return living.length > 0 && living.every(({ isFinal }) => isFinal)
}

/** The newest question that a task waits with. An offer of Drover itself is none: nothing waits for it. */
export function openQuestion(messages: readonly ConsoleMessage[]): Shown | undefined {
  return messages.findLast(
    (message): message is Shown =>
      message.by === 'drover' &&
      message.question !== null &&
      message.question.kind !== 'offer' &&
      message.messageId !== null,
  )
}

/** Whether somebody works here, as far as it is shown. */
export const isBusy = (messages: readonly ConsoleMessage[]): boolean =>
  messages.some(
    (message) => message.by === 'drover' && !message.isFinal && (message.kind === 'card' || message.kind === 'answer'),
  )
