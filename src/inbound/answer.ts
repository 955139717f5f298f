import type { Inbound } from '../channels/channel.ts'
import { UserError } from '../lib/errors.ts'
import { belongsTo } from '../places/store.ts'
import { findDeliveryOf } from '../deliveries/store.ts'
import type { Member } from '../orgs/member.ts'
import type { Unsure } from '../questions/offer.ts'
import type { Question } from '../questions/question.ts'
import { answer, findQuestion, openQuestions } from '../questions/store.ts'
import { findTask } from '../tasks/store.ts'
import { takeOffer } from './offers.ts'
import type { Reply, Talk } from './parts.ts'

const YES = ['y', 'yes', 'ok', 'allow', 'allow once', '👍']
const NO = ['n', 'no', 'deny', '👎']

/** A button counts where its question was asked, once, and from who may. */
export async function answerByButton(
  talk: Talk,
  { questionId, choiceId }: Inbound & { type: 'choice' },
): Promise<Reply> {
  const question = await findQuestion(talk.db, questionId)
  if (!question || !(await belongsTo(talk.db, talk.place.id, question.conversationId)))
    throw new UserError('no-question', 'This question is no more.')
  const choice = question.choices[Number(choiceId)]
  if (!choice) throw new UserError('no-choice', 'This question has no such answer.')
  return give(talk, question, choice)
}

/**
 * A text that answers what is open: "y" to an offer; any words to an agent's question. A permission is not given by the way:
 * only by words that answer the question's own message. Undefined: it is something else.
 */
export async function answerByText(talk: Talk, event: Inbound & { type: 'message' }): Promise<Reply | undefined> {
  const open = (await openQuestions(talk.db, talk.conversation.id)).filter((question) => isFor(question, talk.member))
  if (open.length === 0) return undefined
  const text = event.text.trim()
  const meant = event.replyTo === undefined ? undefined : await findDeliveryOf(talk.db, talk.place.id, event.replyTo)
  const [question = open[0]] = open.filter(({ id }) => id === meant?.questionId)
  if (!question) return undefined
  const choice = choiceIn(question, text)
  const isOwnAnswer = meant?.questionId === question.id
  if (question.kind === 'permission' && !isOwnAnswer) return undefined
  if (choice) return give(talk, question, choice)
  if (question.kind === 'question' && question.freeText) return give(talk, question, undefined, text)
  if (isOwnAnswer)
    throw new UserError('no-choice', `Answer with one of: ${question.choices.map(({ label }) => label).join(', ')}.`)
  return undefined
}

/** The choice that a text names; undefined where it names none. */
export function choiceIn({ choices }: Question, text: string) {
  // What is spoken is written down as a sentence: "Yes."
  const typed = text.toLowerCase().replace(/(?<=\w)[.!]+$/, '')
  const named = choices.find(({ id, label }) => [id.toLowerCase(), label.toLowerCase()].includes(typed))
  if (named) return named
  if (YES.includes(typed)) return choices.find(({ effect }) => effect.startsWith('allow'))
  if (NO.includes(typed)) return choices.find(({ effect }) => effect === 'deny')
  return /^\d+$/.test(typed) ? choices[Number(typed) - 1] : undefined
}

async function give(
  talk: Talk,
  question: Question,
  choice?: { id: string; label: string },
  text?: string,
): Promise<Reply> {
  const { db, member } = talk
  await assertMay(talk, question)
  const given = choice ? { choice: choice.id } : { text: text ?? '' }
  if (!(await answer(db, question, given, member.name)))
    return { type: 'answer', reason: 'the question was answered before', say: 'That was answered before.' }
  const reason = `answer to: ${question.title}`
  if (question.kind === 'offer')
    return { type: 'answer', reason, ...(await takeOffer(talk, question, choice?.id === 'y')) }
  return { type: 'answer', reason, ...(question.taskId !== null && { taskId: question.taskId }) }
}

/** What somebody was not heard well with is asked of nobody else. */
function isFor({ action }: Question, member: Member): boolean {
  const { type, memberId } = (action ?? {}) as Partial<Unsure>
  return type !== 'unsure' || memberId === member.id
}

/** What an agent may do is allowed by who asked for the work, or by who answers for the org. */
async function assertMay({ db, member }: Talk, question: Question) {
  const { kind, taskId } = question
  if (!isFor(question, member)) throw new UserError('not-yours', 'Only who said it can tell whether that was it.')
  if (kind !== 'permission' || member.role !== 'member') return
  const task = taskId === null ? undefined : await findTask(db, taskId)
  if (task && (task.createdBy === member.id || task.createdBy === null)) return
  throw new UserError('not-yours', 'Only who asked for this work, an admin or an owner may allow it.')
}
