import type { MiddlewareHandler } from 'hono'
import type { Database } from '../db/connect.ts'
import { asSystem } from '../db/scope.ts'
import { authenticate } from '../orgs/store.ts'
import type { HttpEnv } from './ask.ts'
import { problemAnswer } from './problems.ts'

const HOW = 'Send `Authorization: Bearer drover_…`.'
const WHERE_FROM =
  'The key of this machine is in the file api-key of the data folder (~/.drover); `drover key create NAME` makes more.'
const CHALLENGE = { headers: { 'www-authenticate': 'Bearer realm="drover"' } }

/** Nobody passes without a key; behind it, everything happens in the key's org. */
export function requireKey(database: Database): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const header = c.req.header('authorization')
    if (header === undefined) return problemAnswer(c, 'unauthorized', `${HOW} ${WHERE_FROM}`, CHALLENGE)
    const [, token] = /^Bearer +(\S+) *$/i.exec(header) ?? []
    const principal = token === undefined ? undefined : await asSystem(database, (db) => authenticate(db, token))
    if (!principal)
      return problemAnswer(c, 'unauthorized', `This key is not valid, or was revoked. ${HOW} ${WHERE_FROM}`, CHALLENGE)
    c.set('principal', principal)
    return next()
  }
}
