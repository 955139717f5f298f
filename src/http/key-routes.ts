import { createRoute } from '@hono/zod-openapi'
import { asOrg } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { writeAudit } from '../orgs/audit-store.ts'
import { createApiKey, listApiKeys, revokeApiKey } from '../orgs/store.ts'
import { idParam, jsonAnswer, jsonBody, refusals, type Api } from './api.ts'
import { createOnce, IdempotencyHeader } from './idempotency.ts'
import type { HttpParts } from './parts.ts'
import { apiKeyToWire } from './to-wire.ts'
import { ApiKeyList, CreatedApiKey, NewApiKey } from './wire.ts'

const tags = ['Keys']

const create = createRoute({
  method: 'post',
  path: '/v1/keys',
  operationId: 'createKey',
  summary: 'Makes a key; its token is shown this once',
  tags,
  request: { headers: IdempotencyHeader, body: jsonBody(NewApiKey) },
  responses: { 201: jsonAnswer('The key, with its token', CreatedApiKey), ...refusals.create },
})

const list = createRoute({
  method: 'get',
  path: '/v1/keys',
  operationId: 'listKeys',
  summary: 'All keys that are valid, without their tokens',
  tags,
  responses: { 200: jsonAnswer('Oldest first', ApiKeyList), ...refusals.read },
})

const revoke = createRoute({
  method: 'delete',
  path: '/v1/keys/{id}',
  operationId: 'revokeKey',
  summary: 'Makes a key invalid at once',
  tags,
  request: { params: idParam('key_01kanv3e5x8t1z6w2q9r4c7b0d') },
  responses: { 204: { description: 'Done' }, ...refusals.find },
})

export function addKeyRoutes(api: Api, { database }: HttpParts): void {
  api.openapi(create, async (c) => {
    const body = c.req.valid('json')
    const made = await createOnce<CreatedApiKey>(
      database,
      c,
      body,
      async (db, { orgId, keyId }) => {
        const { key, token } = await createApiKey(db, orgId, body.name)
        await writeAudit(db, { orgId, actor: keyId, action: 'key-created', subject: key.id })
        return { ...apiKeyToWire(key), token }
      },
      // The token is nowhere kept, not even for a repeated answer.
      (key) => ({ ...key, token: null }),
    )
    return c.json(made, 201)
  })

  api.openapi(list, async (c) => {
    const keys = await asOrg(database, c.get('principal').orgId, listApiKeys)
    return c.json({ keys: keys.map(apiKeyToWire) }, 200)
  })

  api.openapi(revoke, async (c) => {
    const { id } = c.req.valid('param')
    const { orgId, keyId } = c.get('principal')
    const isGone = await asOrg(database, orgId, async (db) => {
      const isRevoked = await revokeApiKey(db, id)
      if (isRevoked) await writeAudit(db, { orgId, actor: keyId, action: 'key-revoked', subject: id })
      return isRevoked
    })
    if (!isGone) throw new UserError('key-unknown', `There is no key ${id}. GET /v1/keys lists them.`)
    return c.body(null, 204)
  })
}
