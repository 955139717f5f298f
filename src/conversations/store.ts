import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { newId, type Id } from '../lib/ids.ts'
import { branchFor, type Conversation, type Message } from './conversation.ts'

export async function openConversation(
  db: Db,
  conversation: Pick<Conversation, 'orgId' | 'title' | 'codebaseId' | 'agent'> & Partial<Pick<Conversation, 'busy'>>,
): Promise<Conversation> {
  const id = newId('conversation')
  const row = await db
    .insertInto('conversations')
    .values({
      id,
      org_id: conversation.orgId,
      title: conversation.title,
      codebase_id: conversation.codebaseId,
      agent: conversation.agent,
      ...(conversation.busy && { busy: conversation.busy }),
      branch: conversation.codebaseId === null ? null : branchFor(conversation.title, id),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toConversation(row)
}

export async function findConversation(db: Db, id: string): Promise<Conversation | undefined> {
  const row = await db.selectFrom('conversations').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toConversation(row)
}

/** Changes how a conversation is held. */
export async function changeConversation(
  db: Db,
  id: string,
  change: Partial<Pick<Conversation, 'agent' | 'cwd' | 'busy' | 'verbosity'>>,
): Promise<void> {
  await db.updateTable('conversations').set(change).where('id', '=', id).execute()
}

/** Gives a conversation that has none its codebase. */
export async function giveCodebase(db: Db, { id, title }: Conversation, codebaseId: string): Promise<void> {
  await db
    .updateTable('conversations')
    .set({ codebase_id: codebaseId, branch: branchFor(title, id) })
    .where('id', '=', id)
    .where('codebase_id', 'is', null)
    .execute()
}

export async function addMessage(
  db: Db,
  message: { orgId: string; conversationId: string; author: Message['author']; text: string },
): Promise<void> {
  await db
    .insertInto('messages')
    .values({
      id: newId('message'),
      org_id: message.orgId,
      conversation_id: message.conversationId,
      author: message.author,
      text: message.text,
    })
    .execute()
}

/** Oldest first. */
export async function listMessages(db: Db, conversationId: string, limit: number): Promise<Message[]> {
  const rows = await db
    .selectFrom('messages')
    .select(['id', 'author', 'text', 'created_at'])
    .where('conversation_id', '=', conversationId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows
    .toReversed()
    .map((row) => ({ id: row.id as Id<'message'>, author: row.author, text: row.text, createdAt: row.created_at }))
}

/** The token to resume an agent's session in this conversation with. */
export async function findSession(db: Db, conversationId: string, agent: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('sessions')
    .select('resume')
    .where('conversation_id', '=', conversationId)
    .where('agent', '=', agent)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return row?.resume
}

/** The agent's live session, to show to people. */
export async function findSessionId(db: Db, conversationId: string, agent: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('sessions')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .where('agent', '=', agent)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return row?.id
}

/** Stored the moment it is seen: a crash in the first turn must not lose it. The caller holds the fence. */
export async function saveSession(
  db: Db,
  session: { orgId: string; conversationId: string; agent: string; resume: string },
): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      id: newId('session'),
      org_id: session.orgId,
      conversation_id: session.conversationId,
      agent: session.agent,
      resume: session.resume,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['conversation_id', 'agent'])
        .where('ended_at', 'is', null)
        .doUpdateSet({ resume: session.resume }),
    )
    .execute()
}

/** The next turn starts afresh. */
export async function endSession(db: Db, conversationId: string, agent: string): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ ended_at: sql<Date>`now()` })
    .where('conversation_id', '=', conversationId)
    .where('agent', '=', agent)
    .where('ended_at', 'is', null)
    .execute()
}

const toConversation = (row: {
  id: string
  org_id: string
  title: string
  codebase_id: string | null
  agent: string
  branch: string | null
  cwd: string
  busy: Conversation['busy']
  verbosity: Conversation['verbosity']
  created_at: Date
}): Conversation => ({
  id: row.id as Id<'conversation'>,
  orgId: row.org_id as Id<'org'>,
  title: row.title,
  codebaseId: row.codebase_id,
  agent: row.agent,
  branch: row.branch,
  cwd: row.cwd,
  busy: row.busy,
  verbosity: row.verbosity,
  createdAt: row.created_at,
})
