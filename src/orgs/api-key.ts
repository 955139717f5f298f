import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { newId, type Id } from '../lib/ids.ts'

const PREFIX = 'drover'

export interface NewKey {
  id: Id<'key'>
  /** `drover_<id>_<secret>`; shown once, never stored. */
  token: string
  secretHash: Buffer
}

/** A new key with 256 bits of chance in it. */
export function generateKey(): NewKey {
  const id = newId('key')
  const secret = randomBytes(32).toString('base64url')
  return { id, token: `${PREFIX}_${id.slice('key_'.length)}_${secret}`, secretHash: hashSecret(secret) }
}

/** The parts of a token, or undefined when it cannot be one of ours. */
export function parseToken(token: string): { id: string; secretHash: Buffer } | undefined {
  const [, id, secret] = /^drover_([0-9a-z]{26})_([\w-]{43})$/.exec(token) ?? []
  return id !== undefined && secret !== undefined ? { id: `key_${id}`, secretHash: hashSecret(secret) } : undefined
}

export const sameHash = (a: Buffer, b: Buffer) => a.length === b.length && timingSafeEqual(a, b)

const hashSecret = (secret: string) => createHash('sha256').update(secret).digest()
