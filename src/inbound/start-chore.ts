import type { AccountErrand } from '../tasks/account-errand.ts'
import type { Chore } from '../tasks/chore.ts'
import { enqueueTask, type NewTask } from '../tasks/store.ts'
import type { Reply, Talk } from './parts.ts'

/** Too slow for an answer at once: a task in the conversation's lane, with a card that shows how it goes. */
export const startChore = (talk: Talk, { title, do: chore }: { title: string; do: Chore }): Promise<Reply> =>
  start(talk, { kind: 'repository', title, lane: talk.conversation.id, input: { chore } })

/** The same, in no lane: a code does not outlast the conversation's work. */
export const startErrand = (talk: Talk, title: string, errand: AccountErrand): Promise<Reply> =>
  start(talk, { kind: 'account-proof', title, input: { ...errand } })

async function start(
  { db, conversation, codebase, member, event, place }: Talk,
  what: Pick<NewTask, 'kind' | 'title' | 'lane' | 'input'>,
): Promise<Reply> {
  const { title } = what
  const task = await enqueueTask(db, {
    ...what,
    orgId: conversation.orgId,
    agent: 'drover',
    prompt: event.type === 'message' ? event.text : title,
    conversationId: conversation.id,
    ...(codebase && { codebaseId: codebase.id }),
    createdBy: member.id,
    correlationId: event.key,
    placeId: place.id,
  })
  return { type: 'task', taskId: task.id, reason: title }
}
