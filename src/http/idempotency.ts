import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Database } from '../db/connect.ts'
import { asOrg, type Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import type { Principal } from '../orgs/org.ts'
import { findAnswer, saveAnswer } from '../orgs/store.ts'
import type { Ask } from './ask.ts'

/** For the `headers` of every route that creates. */
export const IdempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[!-~]{1,255}$/, 'It has 1 to 255 printable characters and no space.')
    .optional()
    .openapi({
      description:
        'The same request with the same key creates once, within a day; the repeated answer says `Idempotency-Replayed: true`',
      example: 'a6f0c7d2-5b1e-4f3a-9c8d-7e6f5a4b3c2d',
    }),
})

/**
 * Creates in one transaction of the asker's org, and at most once for each Idempotency-Key: a repeated request gets the first
 * one's answer, also while the first is still under way. `keep` is what a repeated answer says, where that differs.
 * `body` is the request as its schema has parsed it: in the schema's order, so that the same request has the same fingerprint.
 */
export async function createOnce<T extends object>(
  database: Database,
  c: Ask,
  body: object,
  create: (db: Db, principal: Principal) => Promise<T>,
  keep: (made: T) => T = (made) => made,
): Promise<T> {
  const principal = c.get('principal')
  const key = c.req.header('idempotency-key')
  if (key === undefined) return asOrg(database, principal.orgId, (db) => create(db, principal))
  return asOrg(database, principal.orgId, async (db) => {
    const replay = await replayIn<T>(db, c, key, body)
    if (replay) return replay
    const made = await create(db, principal)
    const answer = {
      fingerprint: fingerprintOf(c, body),
      status: 201,
      body: { ...keep(made) } as Record<string, unknown>,
    }
    await saveAnswer(db, principal.orgId, key, answer)
    return made
  })
}

/** The answer that this request got before, if it did: for creates that look outside first. */
export async function findReplay<T extends object>(database: Database, c: Ask, body: object): Promise<T | undefined> {
  const key = c.req.header('idempotency-key')
  if (key === undefined) return undefined
  return asOrg(database, c.get('principal').orgId, (db) => replayIn<T>(db, c, key, body))
}

async function replayIn<T extends object>(db: Db, c: Ask, key: string, body: object): Promise<T | undefined> {
  const earlier = await findAnswer(db, c.get('principal').orgId, key)
  if (!earlier) return undefined
  if (earlier.fingerprint !== fingerprintOf(c, body)) {
    throw new UserError(
      'idempotency-key-reused',
      'This Idempotency-Key was used for another request. Make a new key for each request, and send the old one only to repeat it.',
    )
  }
  c.header('idempotency-replayed', 'true')
  return earlier.body as T
}

const fingerprintOf = (c: Ask, body: object) =>
  createHash('sha256')
    .update(`${c.req.method} ${c.req.path} ${JSON.stringify(body)}`)
    .digest('hex')
