import { createRoute } from '@hono/zod-openapi'
import { asOrg } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { addHook, listHooks, removeHook } from '../webhooks/hook-store.ts'
import { newSecret } from '../webhooks/webhook.ts'
import { idParam, jsonAnswer, jsonBody, refusals, type Api } from './api.ts'
import { createOnce, IdempotencyHeader } from './idempotency.ts'
import { knownAgent, knownCodebase } from './known.ts'
import type { HttpParts } from './parts.ts'
import { arrivalOf } from './webhook-arrival.ts'
import { receivePost } from './webhook-receive.ts'
import { hookToWire } from './to-wire.ts'
import { assertWebhooks } from './webhook-subscription-routes.ts'
import { CreatedHook, HookAccepted, HookList, NewHook } from './wire.ts'

const tags = ['Webhooks']

const create = createRoute({
  method: 'post',
  path: '/v1/hooks',
  operationId: 'createHook',
  summary: 'Makes an address where a program posts what an agent is to do; its secret is shown this once',
  tags,
  request: { headers: IdempotencyHeader, body: jsonBody(NewHook) },
  responses: { 201: jsonAnswer('The hook, with its secret', CreatedHook), ...refusals.create },
})

const list = createRoute({
  method: 'get',
  path: '/v1/hooks',
  operationId: 'listHooks',
  summary: 'The addresses where programs post, without their secrets',
  tags,
  responses: { 200: jsonAnswer('By name', HookList), ...refusals.read },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/hooks/{id}',
  operationId: 'removeHook',
  summary: 'Takes no more posts; what they started goes on',
  tags,
  request: { params: idParam('hok_01kanv3e5x8t1z6w2q9r4c7b0d') },
  responses: { 204: { description: 'Done' }, ...refusals.find },
})

const receive = createRoute({
  method: 'post',
  path: '/webhooks/in/{id}',
  operationId: 'postToHook',
  summary: 'Takes a signed post: any JSON. No key: the signature is the proof',
  tags,
  security: [],
  request: { params: idParam('hok_01kanv3e5x8t1z6w2q9r4c7b0d') },
  responses: {
    202: jsonAnswer('It is stored, new or known already, and handled in its turn', HookAccepted),
    204: { description: 'GitHub asked whether somebody is there' },
    400: { ...refusals.list[422], description: 'It is no JSON' },
    401: { ...refusals.list[422], description: 'It is not signed by the secret of this hook, or not now' },
    404: refusals.find[404],
    409: { ...refusals.list[422], description: 'The codebase of this hook was removed' },
    422: { ...refusals.list[422], description: 'The template comes to nothing' },
  },
})

export function addWebhookHookRoutes(api: Api, parts: HttpParts): void {
  const { database, agents, seal } = parts

  api.openapi(create, async (c) => {
    const body = c.req.valid('json')
    const made = await createOnce<CreatedHook>(
      database,
      c,
      body,
      async (db, { orgId }) => {
        const { codebase, agent, secret, conversationTemplate = null, ...hook } = body
        await assertWebhooks(db)
        const { id: codebaseId } = await knownCodebase(db, codebase)
        const kept = secret ?? newSecret()
        const added = await addHook(
          db,
          {
            ...hook,
            orgId,
            codebaseId,
            agent: agent === undefined ? null : knownAgent(agents, agent),
            conversationTemplate,
          },
          kept,
          seal,
        )
        return { ...hookToWire(added), secret: secret === undefined ? kept : null }
      },
      (hook) => ({ ...hook, secret: null }),
    )
    return c.json(made, 201)
  })

  api.openapi(list, async (c) => {
    const hooks = await asOrg(database, c.get('principal').orgId, listHooks)
    return c.json({ hooks: hooks.map(hookToWire) }, 200)
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    const isGone = await asOrg(database, c.get('principal').orgId, (db) => removeHook(db, id))
    if (!isGone) throw new UserError('hook-unknown', `There is no hook ${id}. GET /v1/hooks lists them.`)
    return c.body(null, 204)
  })

  api.openapi(receive, async (c) => {
    const { id } = c.req.valid('param')
    const body = new Uint8Array(await c.req.arrayBuffer())
    const stored = await receivePost(parts, id, {
      body,
      header: (name) => c.req.header(name),
      arrivedAt: arrivalOf(c.req.raw, parts.relayToken),
    })
    return stored === 'ping' ? c.body(null, 204) : c.json({ id: stored }, 202)
  })
}
