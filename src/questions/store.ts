import { sql, type Selectable } from 'kysely'
import type { Db } from '../db/scope.ts'
import type { Tables } from '../db/tables.ts'
import { newId, type Id } from '../lib/ids.ts'
import { answerTask, lockTask } from '../tasks/store.ts'
import { YES_OR_NO, type Answer, type Question } from './question.ts'

type NewQuestion = Pick<Question, 'orgId' | 'conversationId' | 'kind' | 'title' | 'choices' | 'freeText'> & {
  taskId?: string
  action?: Record<string, unknown>
}

/** Asked in all places of the conversation, in the caller's transaction. */
export async function ask(db: Db, question: NewQuestion): Promise<void> {
  await db
    .insertInto('questions')
    .values({
      id: newId('question'),
      org_id: question.orgId,
      conversation_id: question.conversationId,
      task_id: question.taskId ?? null,
      kind: question.kind,
      title: question.title,
      choices: JSON.stringify(question.choices.map(({ id, label, effect }) => ({ id, label, effect }))),
      free_text: question.freeText,
      action: question.action === undefined ? null : JSON.stringify(question.action),
    })
    .execute()
}

/** An offer of Drover itself, to be taken by a button or by "y". It stands instead of an earlier one. */
export async function offer(
  db: Db,
  { action, ...where }: Pick<Question, 'orgId' | 'conversationId' | 'title'> & { action: Record<string, unknown> },
): Promise<void> {
  await db
    .updateTable('questions')
    .set({ closed_at: sql<Date>`now()` })
    .where('conversation_id', '=', where.conversationId)
    .where('kind', '=', 'offer')
    .where('closed_at', 'is', null)
    .execute()
  await ask(db, { ...where, kind: 'offer', choices: YES_OR_NO, freeText: false, action })
}

/** What is open in a conversation, newest first. */
export async function openQuestions(db: Db, conversationId: string): Promise<Question[]> {
  const rows = await db
    .selectFrom('questions')
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .where('closed_at', 'is', null)
    .orderBy('id', 'desc')
    .execute()
  return rows.map(toQuestion)
}

export async function findQuestion(db: Db, id: string): Promise<Question | undefined> {
  const row = await db.selectFrom('questions').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toQuestion(row)
}

/** The first answer counts: false where there was one before, or nobody asks any more. A task that waits for it goes on. */
export async function answer(db: Db, { id, taskId }: Question, given: Answer, by: string): Promise<boolean> {
  // The task before its question, as a cancel does it: the other way round each would wait for the other.
  if (taskId !== null) await lockTask(db, taskId)
  const { numUpdatedRows } = await db
    .updateTable('questions')
    .set({ closed_at: sql<Date>`now()`, answer: JSON.stringify(given), answered_by: by })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  if (taskId !== null) await answerTask(db, taskId, given)
  return true
}

const toQuestion = (row: Selectable<Tables['questions']>): Question => ({
  id: row.id as Id<'question'>,
  orgId: row.org_id as Id<'org'>,
  conversationId: row.conversation_id,
  taskId: row.task_id,
  kind: row.kind,
  title: row.title,
  choices: row.choices as unknown as Question['choices'],
  freeText: row.free_text,
  action: row.action,
  closedAt: row.closed_at,
  answer: row.answer,
  answeredBy: row.answered_by,
})
