import { sql } from 'kysely'
import type { Inbound } from '../channels/channel.ts'
import type { Db } from '../db/scope.ts'
import { textOf } from '../deliveries/delivery.ts'
import type { Id } from '../lib/ids.ts'
import { laneOf, type PlaceRow } from '../places/store.ts'
import type { Question } from '../questions/question.ts'
import type { RoomEntry, RoomSaid, RoomShown } from './room.ts'

/** The newest of what stands in a place, oldest first; at most `limit` of what was said, and of what is shown. */
export async function readRoom(db: Db, place: PlaceRow, limit: number): Promise<RoomEntry[]> {
  // What was said first: where it is seen as handled, all that was shown in the same transaction is seen, too.
  const said = await listSaidIn(db, place, limit)
  const shown = await listShownIn(db, place, limit)
  return [...said, ...shown].toSorted((a, b) => a.at.getTime() - b.at.getTime())
}

async function listSaidIn(db: Db, place: PlaceRow, limit: number): Promise<RoomSaid[]> {
  const rows = await db
    .selectFrom('inbox')
    .select(['key', 'channel', 'event', 'status', 'verdict', 'reason', 'task_id', 'conversation_id', 'received_at'])
    .where(({ or, eb, selectFrom }) =>
      or([
        eb('lane', '=', laneOf(place)),
        eb(
          'conversation_id',
          'in',
          selectFrom('place_conversations').select('conversation_id').where('place_id', '=', place.id),
        ),
      ]),
    )
    .where(sql<string>`event->>'type'`, '=', 'message')
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  return rows.toReversed().map((row) => {
    const { actor, text } = row.event as unknown as Extract<Inbound, { type: 'message' }>
    return {
      by: 'person',
      key: row.key,
      at: row.received_at,
      name: actor.name,
      channel: row.channel,
      text,
      status: row.status,
      verdict: row.verdict,
      reason: row.reason,
      taskId: row.task_id,
      conversationId: row.conversation_id,
    }
  })
}

async function listShownIn(db: Db, place: PlaceRow, limit: number): Promise<RoomShown[]> {
  const rows = await db
    .selectFrom('deliveries as d')
    .leftJoin('questions as q', (join) => join.onRef('q.id', '=', 'd.question_id').on('q.closed_at', 'is', null))
    .select(['d.id', 'd.kind', 'd.status', 'd.shown', 'd.message_ids', 'd.task_id', 'd.conversation_id'])
    .select(['d.created_at', 'q.id as question_id', 'q.kind as question_kind', 'q.choices', 'q.free_text'])
    .where('d.place_id', '=', place.id)
    .orderBy('d.seq', 'desc')
    .limit(limit)
    .execute()
  return rows.toReversed().map((row) => ({
    by: 'drover',
    id: row.id as Id<'delivery'>,
    at: row.created_at,
    kind: row.kind,
    status: row.status,
    text: row.shown.map(textOf).join('\n'),
    messageId: row.message_ids.at(-1) ?? null,
    taskId: row.task_id,
    conversationId: row.conversation_id,
    question:
      row.question_id === null
        ? null
        : {
            id: row.question_id as Id<'question'>,
            kind: row.question_kind ?? 'question',
            choices: (row.choices ?? []) as unknown as Question['choices'],
            freeText: row.free_text ?? false,
          },
  }))
}

/** The message that asks this question in this place. */
export async function findAsking(db: Db, placeId: string, questionId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('deliveries')
    .select('message_ids')
    .where('question_id', '=', questionId)
    .where('place_id', '=', placeId)
    .executeTakeFirst()
  return row?.message_ids.at(-1)
}
