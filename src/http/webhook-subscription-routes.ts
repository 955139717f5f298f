import { createRoute, z } from '@hono/zod-openapi'
import { asOrg, type Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { listChannels } from '../places/channel-store.ts'
import { addSubscription, listSubscriptions, removeSubscription } from '../webhooks/store.ts'
import { newSecret, WEBHOOK_CHANNEL, WEBHOOK_EVENTS, type Subscription } from '../webhooks/webhook.ts'
import { idParam, jsonAnswer, jsonBody, refusals, type Api } from './api.ts'
import { createOnce, IdempotencyHeader } from './idempotency.ts'
import type { HttpParts } from './parts.ts'
import { webhookToWire } from './to-wire.ts'
import { CreatedWebhook, NewWebhook, WebhookList } from './wire.ts'

const tags = ['Webhooks']

const create = createRoute({
  method: 'post',
  path: '/v1/webhooks',
  operationId: 'createWebhook',
  summary: 'Has what becomes of tasks posted to an address, signed; its secret is shown this once',
  tags,
  request: { headers: IdempotencyHeader, body: jsonBody(NewWebhook) },
  responses: { 201: jsonAnswer('The webhook, with its secret', CreatedWebhook), ...refusals.create },
})

const list = createRoute({
  method: 'get',
  path: '/v1/webhooks',
  operationId: 'listWebhooks',
  summary: 'The addresses that are posted to, without their secrets',
  tags,
  request: {
    query: z.object({
      task: z
        .string()
        .optional()
        .openapi({ description: 'Id: those of `replyTo` of this task, instead of all tasks’' }),
    }),
  },
  responses: { 200: jsonAnswer('Oldest first', WebhookList), ...refusals.list },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/webhooks/{id}',
  operationId: 'removeWebhook',
  summary: 'Posts no more to an address; what was not posted yet is given up',
  tags,
  request: { params: idParam('whs_01kanv3e5x8t1z6w2q9r4c7b0d') },
  responses: { 204: { description: 'Done' }, ...refusals.find },
})

export function addWebhookSubscriptionRoutes(api: Api, { database, seal }: HttpParts): void {
  api.openapi(create, async (c) => {
    const body = c.req.valid('json')
    const made = await createOnce<CreatedWebhook>(
      database,
      c,
      body,
      async (db, { orgId }) => {
        const { url, events = WEBHOOK_EVENTS } = body
        const secret = newSecret()
        return { ...webhookToWire(await subscribe(db, { orgId, url, events, secret, seal })), secret }
      },
      // It is nowhere to be read, not even in a repeated answer.
      (webhook) => ({ ...webhook, secret: null }),
    )
    return c.json(made, 201)
  })

  api.openapi(list, async (c) => {
    const { task } = c.req.valid('query')
    const found = await asOrg(database, c.get('principal').orgId, (db) => listSubscriptions(db, task))
    return c.json({ webhooks: found.map(webhookToWire) }, 200)
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    const isGone = await asOrg(database, c.get('principal').orgId, (db) => removeSubscription(db, id))
    if (!isGone) throw new UserError('webhook-unknown', `There is no webhook ${id}. GET /v1/webhooks lists them.`)
    return c.body(null, 204)
  })
}

/** `UserError('no-webhooks')` where the service posts for another org only. */
export async function subscribe(db: Db, wanted: Parameters<typeof addSubscription>[1]): Promise<Subscription> {
  await assertWebhooks(db)
  return addSubscription(db, wanted)
}

/** `UserError('no-webhooks')` where this service has no webhooks for this org. */
export async function assertWebhooks(db: Db) {
  const channels = await listChannels(db)
  if (channels.some(({ name }) => name === WEBHOOK_CHANNEL)) return
  throw new UserError('no-webhooks', 'The webhooks of this service are not open to this org.')
}
