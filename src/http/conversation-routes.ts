import { createRoute, z } from '@hono/zod-openapi'
import { findConversation, listMessages } from '../conversations/store.ts'
import { asOrg } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { idParam, jsonAnswer, refusals, wholeNumber, type Api } from './api.ts'
import type { HttpParts } from './parts.ts'
import { conversationToWire, messageToWire } from './to-wire.ts'
import { ConversationWithMessages } from './wire.ts'

const show = createRoute({
  method: 'get',
  path: '/v1/conversations/{id}',
  operationId: 'showConversation',
  summary: 'A conversation and what was said in it',
  tags: ['Conversations'],
  request: {
    params: idParam('cnv_01kanv3e5x8t1z6w2q9r4c7b0d'),
    query: z.object({
      messages: wholeNumber(0, 1_000, 100, 'At most so many, the newest'),
    }),
  },
  responses: {
    200: jsonAnswer('The conversation, its messages oldest first', ConversationWithMessages),
    ...refusals.find,
    422: refusals.list[422],
  },
})

export function addConversationRoutes(api: Api, { database }: HttpParts): void {
  api.openapi(show, async (c) => {
    const { id } = c.req.valid('param')
    const { messages: limit } = c.req.valid('query')
    const found = await asOrg(database, c.get('principal').orgId, async (db) => {
      const conversation = await findConversation(db, id)
      if (!conversation) throw new UserError('no-conversation', `There is no conversation ${id}.`)
      return { conversation, messages: await listMessages(db, id, limit) }
    })
    return c.json({ ...conversationToWire(found.conversation), messages: found.messages.map(messageToWire) }, 200)
  })
}
