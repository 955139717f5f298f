import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import { newId, type Id } from '../lib/ids.ts'
import { saveCredentials } from '../places/channel-store.ts'
import { openPlace } from '../places/store.ts'
import { WEBHOOK_CHANNEL, type Seal, type Subscription, type WebhookEvent } from './webhook.ts'

interface NewSubscription {
  orgId: string
  url: string
  secret: string
  events: readonly WebhookEvent[]
  taskId?: string
  seal: Seal
}

/** From this commit on, what becomes of tasks is posted there. */
export async function addSubscription(db: Db, { orgId, url, secret, ...rest }: NewSubscription): Promise<Subscription> {
  const id = newId('subscription')
  const place = await openPlace(db, orgId, { channel: WEBHOOK_CHANNEL, tenant: id, room: '', thread: '' })
  const sealed = rest.seal(JSON.stringify({ url, secret }), WEBHOOK_CHANNEL, id)
  await saveCredentials(db, { channel: WEBHOOK_CHANNEL, tenant: id, orgId, sealed })
  const row = await db
    .insertInto('webhook_subscriptions')
    .values({
      id,
      org_id: orgId,
      place_id: place.id,
      url,
      events: [...rest.events],
      task_id: rest.taskId ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toSubscription(row)
}

/** Those of the whole org, or those of one task; oldest first. */
export async function listSubscriptions(db: Db, taskId?: string): Promise<Subscription[]> {
  const rows = await db
    .selectFrom('webhook_subscriptions')
    .selectAll()
    .where('task_id', taskId === undefined ? 'is' : '=', taskId ?? null)
    .orderBy('id')
    .execute()
  return rows.map(toSubscription)
}

/** What was not posted yet is given up. False where there is none of this id. */
export async function removeSubscription(db: Db, id: string): Promise<boolean> {
  const row = await db.deleteFrom('webhook_subscriptions').where('id', '=', id).returning('place_id').executeTakeFirst()
  if (!row) return false
  await forgetSecret(db, id)
  await endWaiting(db, row.place_id, 'discarded', 'the webhook was removed')
  return true
}

/** Of a subscription or a hook: nothing is posted or taken by it any more. */
export async function forgetSecret(db: Db, id: string): Promise<void> {
  await db.deleteFrom('channel_credentials').where('channel', '=', WEBHOOK_CHANNEL).where('tenant', '=', id).execute()
}

/** Nothing more is posted there: what waits is dead, and may be sent again by a person. */
export async function disableSubscription(db: Db, id: string, why: string): Promise<void> {
  const row = await db
    .updateTable('webhook_subscriptions')
    .set({ disabled_at: sql<Date>`now()`, disabled_why: why })
    .where('id', '=', id)
    .where('disabled_at', 'is', null)
    .returning('place_id')
    .executeTakeFirst()
  if (row) await endWaiting(db, row.place_id, 'dead', `the webhook is disabled: ${why}`)
}

export async function isDisabled(db: Db, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('webhook_subscriptions')
    .select('id')
    .where('id', '=', id)
    .where('disabled_at', 'is not', null)
    .executeTakeFirst()
  return row !== undefined
}

async function endWaiting(db: Db, placeId: string, status: 'dead' | 'discarded', why: string) {
  await db
    .updateTable('deliveries')
    .set({ status, error: why, ended_at: sql<Date>`now()` })
    .where('place_id', '=', placeId)
    .where('status', '=', 'pending')
    .execute()
}

const toSubscription = (row: {
  id: string
  url: string
  events: string[]
  task_id: string | null
  created_at: Date
  disabled_at: Date | null
  disabled_why: string | null
}): Subscription => ({
  id: row.id as Id<'subscription'>,
  url: row.url,
  events: row.events as WebhookEvent[],
  taskId: row.task_id,
  createdAt: row.created_at,
  disabledAt: row.disabled_at,
  disabledWhy: row.disabled_why,
})
