import type { Chore } from '../tasks/chore.ts'
import { enqueueTask } from '../tasks/store.ts'
import type { Reply, Talk } from './parts.ts'

/** Too slow for an answer at once: a task in the conversation's lane, with a card that shows how it goes. */
export async function startChore(
  { db, conversation, codebase, member, event, place }: Talk,
  { title, do: chore }: { title: string; do: Chore },
): Promise<Reply> {
  const task = await enqueueTask(db, {
    orgId: conversation.orgId,
    kind: 'repository',
    agent: 'drover',
    title,
    prompt: event.type === 'message' ? event.text : title,
    lane: conversation.id,
    conversationId: conversation.id,
    ...(codebase && { codebaseId: codebase.id }),
    input: { chore },
    createdBy: member.id,
    correlationId: event.key,
    placeId: place.id,
  })
  return { type: 'task', taskId: task.id, reason: title }
}
