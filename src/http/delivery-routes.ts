import { createRoute, z } from '@hono/zod-openapi'
import { asOrg, type Db } from '../db/scope.ts'
import type { Delivery as DeliveryRecord } from '../deliveries/delivery.ts'
import { changeDelivery, findDelivery, listDeliveries } from '../deliveries/store.ts'
import { UserError } from '../lib/errors.ts'
import { listChannels } from '../places/channel-store.ts'
import { idParam, jsonAnswer, present, refusals, wholeNumber, type Api } from './api.ts'
import type { HttpParts } from './parts.ts'
import { channelToWire, deliveryToWire } from './to-wire.ts'
import { ChannelList, Delivery, DELIVERY_STATUSES, DeliveryList } from './wire.ts'

const tags = ['Deliveries']
const DeliveryId = idParam('dlv_01kanv3e5x8t1z6w2q9r4c7b0d')
const delivery = jsonAnswer('The delivery', Delivery)

const list = createRoute({
  method: 'get',
  path: '/v1/deliveries',
  operationId: 'listDeliveries',
  summary: 'What Drover has to show on any platform, newest first',
  tags,
  request: {
    query: z.object({
      status: z.enum(DELIVERY_STATUSES).optional(),
      conversation: z.string().optional().openapi({ description: 'Id' }),
      limit: wholeNumber(1, 100, 20),
    }),
  },
  responses: { 200: jsonAnswer('Deliveries', DeliveryList), ...refusals.list },
})

const retry = createRoute({
  method: 'post',
  path: '/v1/deliveries/{id}/retry',
  operationId: 'retryDelivery',
  summary: 'Sends once more what is dead',
  tags,
  request: { params: DeliveryId },
  responses: { 200: delivery, ...refusals.change },
})

const discard = createRoute({
  method: 'post',
  path: '/v1/deliveries/{id}/discard',
  operationId: 'discardDelivery',
  summary: 'Gives up what is not sent',
  tags,
  request: { params: DeliveryId },
  responses: { 200: delivery, ...refusals.change },
})

const channels = createRoute({
  method: 'get',
  path: '/v1/channels',
  operationId: 'listChannels',
  summary: 'The connections to platforms, whether they stand, and what to do where not',
  tags: ['Channels'],
  responses: { 200: jsonAnswer('By name', ChannelList), ...refusals.read },
})

export function addDeliveryRoutes(api: Api, { database }: HttpParts): void {
  api.openapi(list, async (c) => {
    const { status, conversation, limit } = c.req.valid('query')
    const filter = { ...present({ status, conversationId: conversation }), limit }
    const found = await asOrg(database, c.get('principal').orgId, (db) => listDeliveries(db, filter))
    return c.json({ deliveries: found.map(deliveryToWire) }, 200)
  })

  const change = (orgId: string, id: string, to: 'pending' | 'discarded', refusal: string) =>
    asOrg(database, orgId, async (db) => {
      const { status } = await getDelivery(db, id)
      if (!(await changeDelivery(db, id, to))) throw new UserError('delivery-state', `${id} is ${status}: ${refusal}`)
      return deliveryToWire(await getDelivery(db, id))
    })

  api.openapi(retry, async (c) => {
    const { id } = c.req.valid('param')
    return c.json(await change(c.get('principal').orgId, id, 'pending', 'only what is dead is sent again.'), 200)
  })

  api.openapi(discard, async (c) => {
    const { id } = c.req.valid('param')
    const changed = await change(c.get('principal').orgId, id, 'discarded', 'there is nothing left to give up.')
    return c.json(changed, 200)
  })

  api.openapi(channels, async (c) => {
    const found = await asOrg(database, c.get('principal').orgId, listChannels)
    return c.json({ channels: found.map(channelToWire) }, 200)
  })
}

async function getDelivery(db: Db, id: string): Promise<DeliveryRecord> {
  const found = await findDelivery(db, id)
  if (found) return found
  throw new UserError('delivery-unknown', `There is no delivery ${id}. GET /v1/deliveries lists them.`)
}
