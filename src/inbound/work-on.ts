import { posix } from 'node:path'
import type { Codebase } from '../codebases/codebase.ts'
import type { Conversation } from '../conversations/conversation.ts'
import { findConversation, giveCodebase, openConversation } from '../conversations/store.ts'
import { findConversationAbout, setConversation } from '../places/store.ts'
import { UserError } from '../lib/errors.ts'
import type { Talk } from './parts.ts'

/**
 * From now on this place is about a codebase. A conversation has one codebase for ever: where it has another, the place goes on
 * with its last conversation about this one, or with a new one.
 */
export async function workOn({ db, place, conversation, parts }: Talk, codebase: Codebase): Promise<Conversation> {
  if (conversation.codebaseId === codebase.id) return conversation
  if (conversation.codebaseId === null) {
    await giveCodebase(db, conversation, codebase.id)
    return (await findConversation(db, conversation.id)) as Conversation
  }
  const earlier = await findConversationAbout(db, place.id, codebase.id)
  const found = earlier === undefined ? undefined : await findConversation(db, earlier)
  const next =
    found ??
    (await openConversation(db, {
      orgId: place.orgId,
      title: codebase.name,
      codebaseId: codebase.id,
      agent: codebase.agent ?? parts.agents.defaultName,
      busy: conversation.busy,
    }))
  await setConversation(db, place, next.id)
  return next
}

/**
 * A place that is about a repository stays with it: whoever may write to that one is heard there, and must not come to others by
 * that. Admins and owners may.
 */
export function assertMayLeave({ event, member }: Talk): void {
  if (event.about === undefined || member.role !== 'member') return
  throw new UserError(
    'not-here',
    'Here I work on this repository only. For another one, write to me there, or ask an admin.',
  )
}

/** What people call a folder of a codebase: `/workspace/my-app/web`. The real one is the conversation's own, somewhere below. */
export const shownPath = (root: string, codebase: Pick<Codebase, 'name'>, cwd: string) =>
  posix.join(root, codebase.name, cwd)
