import { sql, type Selectable } from 'kysely'
import type { Db } from '../db/scope.ts'
import type { Tables } from '../db/tables.ts'
import { newId, type Id } from '../lib/ids.ts'
import type { Memory } from './memory.ts'

/** With a key it replaces what was remembered under that key; `replaced` says whether there was something. */
export async function saveMemory(
  db: Db,
  memory: Pick<Memory, 'orgId' | 'codebaseId' | 'key' | 'text' | 'createdByTask'>,
): Promise<{ replaced: boolean }> {
  const id = newId('memory')
  const row = await db
    .insertInto('memories')
    .values({
      id,
      org_id: memory.orgId,
      codebase_id: memory.codebaseId,
      key: memory.key,
      text: memory.text,
      created_by_task: memory.createdByTask,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'codebase_id', 'key'])
        .where('key', 'is not', null)
        .doUpdateSet({ text: memory.text, created_by_task: memory.createdByTask, updated_at: sql<Date>`now()` }),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return { replaced: row.id !== id }
}

/** Forgets all but the newest `keep` of a codebase, or of those for the whole org. */
export async function forgetOldest(
  db: Db,
  { orgId, codebaseId, keep }: Pick<Memory, 'orgId' | 'codebaseId'> & { keep: number },
): Promise<void> {
  await db
    .deleteFrom('memories')
    .where('id', 'in', (db) =>
      db
        .selectFrom('memories')
        .select('id')
        .where('org_id', '=', orgId)
        .where('codebase_id', 'is not distinct from', codebaseId)
        .orderBy('updated_at', 'desc')
        .orderBy('id', 'desc')
        .offset(keep),
    )
    .execute()
}

/**
 * Those of the codebase and of the whole org, newest first. `query`: all of its words have to be in a memory's key or text,
 * each at the beginning of a word; capitals do not matter. A query without words is none.
 */
export async function findMemories(
  db: Db,
  { orgId, codebaseId, query = '', limit }: Pick<Memory, 'orgId' | 'codebaseId'> & { query?: string; limit: number },
): Promise<Memory[]> {
  const rows = await db
    .selectFrom('memories')
    .select(['id', 'org_id', 'codebase_id', 'key', 'text', 'created_by_task', 'created_at', 'updated_at'])
    .where('org_id', '=', orgId)
    .where((where) => where.or([where('codebase_id', '=', codebaseId), where('codebase_id', 'is', null)]))
    .where(hasWords(query))
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toMemory)
}

/** Each word is quoted as the type tsquery wants it: a query is what somebody typed, never an expression. */
const hasWords = (query: string) => sql<boolean>`coalesce(words @@ (
  select string_agg('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || ''':*', ' & ')::tsquery
    from unnest(memory_words(${query}))), true)`

const toMemory = (row: Omit<Selectable<Tables['memories']>, 'words'>): Memory => ({
  id: row.id as Id<'memory'>,
  orgId: row.org_id as Id<'org'>,
  codebaseId: row.codebase_id,
  key: row.key,
  text: row.text,
  createdByTask: row.created_by_task,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
