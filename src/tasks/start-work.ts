import { addMessage, findConversation, openConversation } from '../conversations/store.ts'
import type { Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import type { Id } from '../lib/ids.ts'
import { enqueueTask, type NewTask } from './store.ts'
import { titleOf, type Task } from './task.ts'

export interface Request extends Pick<
  NewTask,
  'priority' | 'runAt' | 'maxAttempts' | 'parentId' | 'workerType' | 'createdBy' | 'correlationId' | 'input' | 'placeId'
> {
  orgId: Id<'org'>
  prompt: string
  agent: string
  codebaseId?: string
  title?: string
  /** To go on in; a new one is opened if left out. */
  conversationId?: string
}

/**
 * What somebody said becomes a message of a conversation and a task in its lane, in the caller's transaction: all of it or
 * nothing. Whoever starts work comes through here: the API, a schedule, a channel.
 * `UserError('no-conversation')` when there is none of this id, `UserError('no-codebase')` when there is nothing to work on.
 */
export async function startWork(db: Db, request: Request): Promise<Task> {
  const { orgId, prompt, agent, title = titleOf(prompt), codebaseId, conversationId, ...options } = request
  const conversation =
    conversationId === undefined
      ? await openConversation(db, { orgId, title, codebaseId: codebaseId ?? null, agent })
      : await findConversation(db, conversationId)
  if (!conversation) throw new UserError('no-conversation', `There is no conversation ${conversationId}.`)
  if (conversation.codebaseId === null) {
    throw new UserError(
      'no-codebase',
      'No codebase configured. Use `drover codebase add <path or URL>` to get started.',
    )
  }
  await addMessage(db, { orgId, conversationId: conversation.id, author: 'person', text: prompt })
  return enqueueTask(db, {
    ...options,
    orgId,
    agent,
    title,
    prompt,
    lane: conversation.id,
    conversationId: conversation.id,
    codebaseId: conversation.codebaseId,
  })
}
