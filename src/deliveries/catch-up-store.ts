import type { Db } from '../db/scope.ts'
import { newId } from '../lib/ids.ts'
import type { PlaceRow } from '../places/store.ts'

/** In a place that joins a conversation in its middle, what goes on is shown as in the others: the cards of open tasks, and what is asked. */
export async function catchUp(db: Db, place: PlaceRow, conversationId: string): Promise<void> {
  const tasks = await db
    .selectFrom('tasks')
    .innerJoin('conversations', 'conversations.id', 'tasks.conversation_id')
    .select('tasks.id')
    .where('conversation_id', '=', conversationId)
    .where('status', 'not in', ['completed', 'failed', 'cancelled'])
    .where('verbosity', '<>', 'quiet')
    .orderBy('tasks.id')
    .execute()
  const questions = await db
    .selectFrom('questions')
    .select(['id', 'task_id'])
    .where('conversation_id', '=', conversationId)
    .where('closed_at', 'is', null)
    .orderBy('id')
    .execute()
  const rows = [
    ...tasks.map(({ id }) => ({ task_id: id, question_id: null, kind: 'card' as const, status: 'open' as const })),
    ...questions.map(({ id, task_id }) => ({
      task_id,
      question_id: id,
      kind: 'question' as const,
      status: 'pending' as const,
    })),
  ]
  for (const row of rows) {
    await db
      .insertInto('deliveries')
      .values({
        id: newId('delivery'),
        org_id: place.orgId,
        place_id: place.id,
        channel: place.channel,
        conversation_id: conversationId,
        ...row,
      })
      // It is shown there already.
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}
