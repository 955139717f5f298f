import { listSaid } from '../inbox/store.ts'
import type { Reply, Talk } from './parts.ts'

/** More than this, without a word of anybody else, no person writes. */
const MOST = 20
const WITHIN_MS = 10 * 60_000

/**
 * Where a platform vouches for whoever may write to a repository, programs that have an account like a person's do, too. One that
 * answers each of our answers would go on for ever. Undefined: it is heard.
 */
export async function breakLoop({ db, event, conversation }: Talk): Promise<Reply | undefined> {
  const { actor, place, isVouchedFor = false } = event
  if (!isVouchedFor || place.thread === '') return undefined
  const before = await listSaid(db, { conversationId: conversation.id, limit: MOST })
  const since = Date.now() - WITHIN_MS
  const isAlone = before.every((said) => said.event.actor.id === actor.id && said.receivedAt.getTime() > since)
  if (before.length < MOST || !isAlone) return undefined
  const isNews = before[0]?.verdict !== 'dropped'
  return {
    type: 'dropped',
    reason: `it looks like two programs that answer one another: ${actor.name} wrote more than ${MOST} times within ten minutes, and nobody else did`,
    ...(isNews && {
      say: `🔁 ${actor.name} wrote ${MOST} times in ten minutes, and nobody else did. That looks like two programs that answer one another, so I do not listen for ten minutes, or until somebody else writes.`,
    }),
  }
}
