import { createRoute, z } from '@hono/zod-openapi'
import { asOrg, type Db } from '../db/scope.ts'
import { findSaid, listSaid, retrySaid } from '../inbox/store.ts'
import type { Said as SaidRecord } from '../inbox/inbox.ts'
import { UserError } from '../lib/errors.ts'
import { idParam, jsonAnswer, present, refusals, wholeNumber, type Api } from './api.ts'
import type { HttpParts } from './parts.ts'
import { saidToWire } from './to-wire.ts'
import { Inbox, Said, SAID_STATUSES } from './wire.ts'

const tags = ['Inbox']

const list = createRoute({
  method: 'get',
  path: '/v1/inbox',
  operationId: 'listInbox',
  summary: 'What was said on any platform, newest first, and what became of it',
  tags,
  request: {
    query: z.object({
      status: z.enum(SAID_STATUSES).optional(),
      which: z.string().min(1).optional().openapi({
        description: 'Only the message of this link, id or key, or what became this task',
      }),
      conversation: z.string().optional().openapi({ description: 'Id' }),
      limit: wholeNumber(1, 100, 20),
    }),
  },
  responses: { 200: jsonAnswer('What was said', Inbox), ...refusals.list },
})

const retry = createRoute({
  method: 'post',
  path: '/v1/inbox/{id}/retry',
  operationId: 'retrySaid',
  summary: 'Handles a parked message once more',
  tags,
  request: { params: idParam('inb_01kanv3e5x8t1z6w2q9r4c7b0d') },
  responses: { 200: jsonAnswer('The message', Said), ...refusals.change },
})

export function addInboxRoutes(api: Api, { database }: HttpParts): void {
  api.openapi(list, async (c) => {
    const { which, status, conversation, limit } = c.req.valid('query')
    const found = await asOrg(database, c.get('principal').orgId, (db) =>
      which === undefined
        ? listSaid(db, { ...present({ status, conversationId: conversation }), limit })
        : findSaid(db, which, limit),
    )
    const wanted = found.filter(
      (said) =>
        (status === undefined || said.status === status) &&
        (conversation === undefined || said.conversationId === conversation),
    )
    return c.json({ inbox: wanted.map(saidToWire) }, 200)
  })

  api.openapi(retry, async (c) => {
    const { id } = c.req.valid('param')
    const said = await asOrg(database, c.get('principal').orgId, async (db) => {
      const { status } = await getSaid(db, id)
      if (!(await retrySaid(db, id)))
        throw new UserError('not-parked', `${id} is ${status}: only what is parked is handled again.`)
      return getSaid(db, id)
    })
    return c.json(saidToWire(said), 200)
  })
}

async function getSaid(db: Db, id: string): Promise<SaidRecord> {
  const said = (await findSaid(db, id)).find((each) => each.id === id)
  if (said) return said
  throw new UserError('said-unknown', `There is no message ${id} in the inbox. GET /v1/inbox lists them.`)
}
