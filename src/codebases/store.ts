import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { breaks } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { newId, type Id } from '../lib/ids.ts'
import type { Codebase } from './codebase.ts'

/** `UserError('name-taken')` when the org has one of this name. */
export async function addCodebase(
  db: Db,
  codebase: Pick<Codebase, 'orgId' | 'name' | 'url' | 'defaultBranch'> & Partial<Pick<Codebase, 'id' | 'agent'>>,
): Promise<Codebase> {
  try {
    const row = await db
      .insertInto('codebases')
      .values({
        id: codebase.id ?? newId('codebase'),
        agent: codebase.agent ?? null,
        org_id: codebase.orgId,
        name: codebase.name,
        url: codebase.url,
        default_branch: codebase.defaultBranch,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    return toCodebase(row)
  } catch (error) {
    if (!breaks(error, 'one_codebase_per_name')) throw error
    throw new UserError(
      'name-taken',
      `There is a codebase named "${codebase.name}" already. Give this one another name with --name.`,
      { cause: error },
    )
  }
}

export async function listCodebases(db: Db): Promise<Codebase[]> {
  const rows = await db.selectFrom('codebases').selectAll().where('removed_at', 'is', null).orderBy('name').execute()
  return rows.map(toCodebase)
}

/** By id, name or URL. */
export async function findCodebase(db: Db, which: string): Promise<Codebase | undefined> {
  const row = await db
    .selectFrom('codebases')
    .selectAll()
    .where('removed_at', 'is', null)
    .where((where) => where.or([where('id', '=', which), where('name', '=', which), where('url', '=', which)]))
    .orderBy('id')
    .executeTakeFirst()
  return row && toCodebase(row)
}

/** The name, with a number behind it where it is taken. */
export async function freeName(db: Db, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`
    if (!(await findCodebase(db, candidate))) return candidate
  }
}

/** Whether removed or not: a task that is under way goes on. */
export async function getCodebase(db: Db, id: string): Promise<Codebase> {
  return toCodebase(await db.selectFrom('codebases').selectAll().where('id', '=', id).executeTakeFirstOrThrow())
}

/** Its conversations and their work stay. False when there is none of this id. */
export async function removeCodebase(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('codebases')
    .set({ removed_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

const toCodebase = (row: {
  id: string
  org_id: string
  name: string
  url: string
  default_branch: string
  agent: string | null
  created_at: Date
}): Codebase => ({
  id: row.id as Id<'codebase'>,
  orgId: row.org_id as Id<'org'>,
  name: row.name,
  url: row.url,
  defaultBranch: row.default_branch,
  agent: row.agent,
  createdAt: row.created_at,
})
