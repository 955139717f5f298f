import type { Db } from '../db/scope.ts'
import type { CodebaseCommand } from './codebase.ts'

/** As people go through them; those that nobody knows come behind, by name. */
const USUAL_ORDER = ['prime', 'plan', 'execute', 'validate', 'commit']

/** The order in which commands are listed. */
export function byUse(a: Pick<CodebaseCommand, 'name'>, b: Pick<CodebaseCommand, 'name'>): number {
  const place = (name: string) => (USUAL_ORDER.includes(name) ? USUAL_ORDER.indexOf(name) : USUAL_ORDER.length)
  return place(a.name) - place(b.name) || a.name.localeCompare(b.name)
}

export async function listCommands(db: Db, codebaseId: string): Promise<CodebaseCommand[]> {
  const rows = await db
    .selectFrom('codebase_commands')
    .select(['name', 'path', 'description'])
    .where('codebase_id', '=', codebaseId)
    .execute()
  return rows.toSorted(byUse)
}

export async function findCommand(db: Db, codebaseId: string, name: string): Promise<CodebaseCommand | undefined> {
  return db
    .selectFrom('codebase_commands')
    .select(['name', 'path', 'description'])
    .where('codebase_id', '=', codebaseId)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** Registers commands, instead of those of the same name. */
export async function setCommands(
  db: Db,
  codebase: { orgId: string; id: string },
  commands: readonly CodebaseCommand[],
): Promise<void> {
  if (commands.length === 0) return
  await db
    .insertInto('codebase_commands')
    .values(commands.map((command) => ({ ...command, codebase_id: codebase.id, org_id: codebase.orgId })))
    .onConflict((conflict) =>
      conflict.columns(['codebase_id', 'name']).doUpdateSet(({ ref }) => ({
        path: ref('excluded.path'),
        description: ref('excluded.description'),
      })),
    )
    .execute()
}
