import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { newId, type Id } from '../lib/ids.ts'
import { findCredentials, saveCredentials } from '../places/channel-store.ts'
import type { Hook, HookScheme } from './hook.ts'
import { forgetSecret } from './store.ts'
import { WEBHOOK_CHANNEL, type Seal } from './webhook.ts'

/** `UserError('name-taken')` where there is one of this name. */
export async function addHook(db: Db, hook: Omit<Hook, 'id' | 'createdAt'>, secret: string, seal: Seal): Promise<Hook> {
  const id = newId('hook')
  const row = await db
    .insertInto('hooks')
    .values({
      id,
      org_id: hook.orgId,
      name: hook.name,
      scheme: hook.scheme,
      codebase_id: hook.codebaseId,
      agent: hook.agent,
      template: hook.template,
      conversation_template: hook.conversationTemplate,
    })
    .onConflict((conflict) => conflict.columns(['org_id', 'name']).where('removed_at', 'is', null).doNothing())
    .returningAll()
    .executeTakeFirst()
  if (!row)
    throw new UserError('name-taken', `There is a hook "${hook.name}" already. Remove it first, or take another name.`)
  const sealed = seal(JSON.stringify({ secret }), WEBHOOK_CHANNEL, id)
  await saveCredentials(db, { channel: WEBHOOK_CHANNEL, tenant: id, orgId: hook.orgId, sealed })
  return toHook(row)
}

/** By name. */
export async function listHooks(db: Db): Promise<Hook[]> {
  return (await hooks(db).orderBy('name').execute()).map(toHook)
}

/** A hook that is not removed, with its sealed credentials `{secret}`. */
export async function findHook(db: Db, id: string): Promise<{ hook: Hook; sealed: Buffer } | undefined> {
  const row = await hooks(db).where('id', '=', id).executeTakeFirst()
  const sealed = row && (await findCredentials(db, WEBHOOK_CHANNEL, id))
  return sealed && { hook: toHook(row), sealed }
}

/** By id or name. What it started goes on. */
export async function removeHook(db: Db, which: string): Promise<boolean> {
  const row = await db
    .updateTable('hooks')
    .set({ removed_at: sql<Date>`now()` })
    .where((where) => where.or([where('id', '=', which), where('name', '=', which)]))
    .where('removed_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!row) return false
  await forgetSecret(db, row.id)
  return true
}

const hooks = (db: Db) => db.selectFrom('hooks').selectAll().where('removed_at', 'is', null)

const toHook = (row: {
  id: string
  org_id: string
  name: string
  scheme: HookScheme
  codebase_id: string
  agent: string | null
  template: string
  conversation_template: string | null
  created_at: Date
}): Hook => ({
  id: row.id as Id<'hook'>,
  orgId: row.org_id as Id<'org'>,
  name: row.name,
  scheme: row.scheme,
  codebaseId: row.codebase_id,
  agent: row.agent,
  template: row.template,
  conversationTemplate: row.conversation_template,
  createdAt: row.created_at,
})
