import { createRoute, z } from '@hono/zod-openapi'
import { asOrg } from '../db/scope.ts'
import { listAudit } from '../orgs/audit-store.ts'
import { jsonAnswer, refusals, wholeNumber, type Api } from './api.ts'
import type { HttpParts } from './parts.ts'
import { AuditLog } from './wire.ts'

const list = createRoute({
  method: 'get',
  path: '/v1/audit',
  operationId: 'listAudit',
  summary: 'Who changed who may speak to Drover, and as whom; newest first',
  tags: ['People'],
  request: {
    query: z.object({
      before: z.coerce
        .number()
        .int()
        .min(1)
        .optional()
        .openapi({ type: 'integer', minimum: 1, description: 'Only what is older than this `seq`' }),
      limit: wholeNumber(1, 500, 50),
    }),
  },
  responses: { 200: jsonAnswer('What was done', AuditLog), ...refusals.list },
})

export function addAuditRoutes(api: Api, { database }: HttpParts): void {
  api.openapi(list, async (c) => {
    const { before, limit } = c.req.valid('query')
    const found = await asOrg(database, c.get('principal').orgId, (db) => listAudit(db, { before, limit }))
    const audit = found.map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() }))
    return c.json({ audit, next: audit.length < limit ? null : (audit.at(-1)?.seq ?? null) }, 200)
  })
}
