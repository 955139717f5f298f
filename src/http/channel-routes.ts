import { createRoute, z } from '@hono/zod-openapi'
import { asOrg } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { listChannels, saveCredentials } from '../places/channel-store.ts'
import { jsonAnswer, jsonBody, refusals, type Api } from './api.ts'
import type { HttpParts } from './parts.ts'

const Credentials = z
  .object({
    tenant: z
      .string()
      .min(1)
      .max(200)
      .openapi({ description: 'As the platform names it: a Slack workspace’s T…', example: 'T012AB3CD' }),
    values: z
      .record(z.string().max(100), z.string().min(1).max(10_000))
      .openapi({ description: 'What the channel needs to be let in there', example: { botToken: 'xoxb-…' } }),
  })
  .openapi('ChannelCredentials')

const Stored = z.object({ channel: z.string(), tenant: z.string() }).openapi('ChannelTenant')

const saveTenant = createRoute({
  method: 'put',
  path: '/v1/channels/{name}/credentials',
  operationId: 'saveChannelCredentials',
  summary: 'Lets a channel into one more tenant of its platform; encrypted at rest, never read back',
  tags: ['Channels'],
  request: { params: z.object({ name: z.string() }), body: jsonBody(Credentials) },
  responses: { 200: jsonAnswer('Stored, and not read back', Stored), ...refusals.change },
})

export function addChannelRoutes(api: Api, { database, seal }: HttpParts): void {
  api.openapi(saveTenant, async (c) => {
    const { name } = c.req.valid('param')
    const { tenant, values } = c.req.valid('json')
    const { orgId } = c.get('principal')
    await asOrg(database, orgId, async (db) => {
      const known = await listChannels(db)
      if (!known.some((channel) => channel.name === name))
        throw new UserError('no-channel', `There is no channel ${name}. GET /v1/channels lists them.`)
      const sealed = seal(JSON.stringify(values), name, tenant)
      await saveCredentials(db, { channel: name, tenant, orgId, sealed })
    })
    return c.json({ channel: name, tenant }, 200)
  })
}
