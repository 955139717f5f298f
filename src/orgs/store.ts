import { sql } from 'kysely'
import type { Db } from '../db/scope.ts'
import type { Id } from '../lib/ids.ts'
import { generateKey, parseToken, sameHash } from './api-key.ts'
import type { Principal } from './org.ts'

export interface ApiKey {
  id: string
  name: string
  createdAt: Date
  lastUsedAt: Date | null
}

/** Returns the token, which nobody can read again afterwards. */
export async function createApiKey(db: Db, orgId: Id<'org'>, name: string): Promise<{ key: ApiKey; token: string }> {
  const { id, token, secretHash } = generateKey()
  const row = await db
    .insertInto('api_keys')
    .values({ id, org_id: orgId, name, secret_hash: secretHash })
    .returning(['id', 'name', 'created_at', 'last_used_at'])
    .executeTakeFirstOrThrow()
  return { key: toApiKey(row), token }
}

export async function listApiKeys(db: Db): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom('api_keys')
    .select(['id', 'name', 'created_at', 'last_used_at'])
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .execute()
  return rows.map(toApiKey)
}

/** False when there is no such key. */
export async function revokeApiKey(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Whose token this is. As system: the org is what we are looking for. */
export async function authenticate(db: Db, token: string): Promise<Principal | undefined> {
  const parsed = parseToken(token)
  if (!parsed) return undefined
  const row = await db
    .selectFrom('api_keys')
    .select(['id', 'org_id', 'name', 'secret_hash', 'last_used_at'])
    .where('id', '=', parsed.id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (!row || !sameHash(row.secret_hash, parsed.secretHash)) return undefined
  // Once a minute is enough to see which keys are in use, and spares a write a request.
  await db
    .updateTable('api_keys')
    .set({ last_used_at: sql<Date>`now()` })
    .where('id', '=', row.id)
    .where((where) =>
      where.or([where('last_used_at', 'is', null), where('last_used_at', '<', sql<Date>`now() - interval '1 minute'`)]),
    )
    .execute()
  return { orgId: row.org_id as Id<'org'>, keyId: row.id, name: row.name }
}

export interface StoredAnswer {
  fingerprint: string
  status: number
  body: Record<string, unknown>
}

/** What was answered to this key, if it was used. Locks the key for this transaction, so that two requests with it do not both find nothing. */
export async function findAnswer(db: Db, orgId: string, key: string): Promise<StoredAnswer | undefined> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${orgId}/${key}`}, 2))`.execute(db)
  return db
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'status', 'body'])
    .where('org_id', '=', orgId)
    .where('key', '=', key)
    .executeTakeFirst()
}

export async function saveAnswer(db: Db, orgId: string, key: string, answer: StoredAnswer): Promise<void> {
  await db
    .insertInto('idempotency_keys')
    .values({
      org_id: orgId,
      key,
      fingerprint: answer.fingerprint,
      status: answer.status,
      body: JSON.stringify(answer.body),
    })
    .execute()
}

/** A key is remembered for a day: redeliveries come within minutes. */
export async function forgetOldAnswers(db: Db): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<', sql<Date>`now() - interval '1 day'`)
    .execute()
}

const toApiKey = (row: { id: string; name: string; created_at: Date; last_used_at: Date | null }): ApiKey => ({
  id: row.id,
  name: row.name,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
})
