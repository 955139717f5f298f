import { createRoute } from '@hono/zod-openapi'
import { nameFromUrl } from '../codebases/codebase.ts'
import { addCodebase, findCodebase, listCodebases, removeCodebase } from '../codebases/store.ts'
import { asOrg } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { idParam, jsonAnswer, jsonBody, refusals, type Api } from './api.ts'
import { createOnce, findReplay, IdempotencyHeader } from './idempotency.ts'
import type { HttpParts } from './parts.ts'
import { codebaseToWire } from './to-wire.ts'
import { Codebase, CodebaseList, NewCodebase } from './wire.ts'

const tags = ['Codebases']
const CodebaseId = idParam('cbs_01kanv3e5x8t1z6w2q9r4c7b0d')

const add = createRoute({
  method: 'post',
  path: '/v1/codebases',
  operationId: 'addCodebase',
  summary: 'Makes a repository known, after a look at it',
  tags,
  request: { headers: IdempotencyHeader, body: jsonBody(NewCodebase) },
  responses: { 201: jsonAnswer('The codebase', Codebase), ...refusals.create },
})

const list = createRoute({
  method: 'get',
  path: '/v1/codebases',
  operationId: 'listCodebases',
  summary: 'All known repositories',
  tags,
  responses: { 200: jsonAnswer('By name', CodebaseList), ...refusals.read },
})

const show = createRoute({
  method: 'get',
  path: '/v1/codebases/{id}',
  operationId: 'showCodebase',
  summary: 'One repository, by id, name or URL',
  tags,
  request: { params: CodebaseId },
  responses: { 200: jsonAnswer('The codebase', Codebase), ...refusals.find },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/codebases/{id}',
  operationId: 'removeCodebase',
  summary: 'Forgets a repository; its conversations and their work stay',
  tags,
  request: { params: CodebaseId },
  responses: { 204: { description: 'Done' }, ...refusals.find },
})

export function addCodebaseRoutes(api: Api, parts: HttpParts): void {
  const { database } = parts
  api.openapi(add, async (c) => {
    const body = c.req.valid('json')
    const url = addressOf(body.url)
    const replay = await findReplay<Codebase>(database, c, body)
    if (replay) return c.json(replay, 201)
    // Outside any transaction: a slow git server must not hold a connection of the database.
    const { defaultBranch } = await parts.inspectRemote(url)
    const made = await createOnce(database, c, body, async (db, { orgId }) =>
      codebaseToWire(await addCodebase(db, { orgId, url, name: body.name ?? nameFromUrl(url), defaultBranch })),
    )
    return c.json(made, 201)
  })

  api.openapi(list, async (c) => {
    const codebases = await asOrg(database, c.get('principal').orgId, listCodebases)
    return c.json({ codebases: codebases.map(codebaseToWire) }, 200)
  })

  api.openapi(show, async (c) => {
    const { id } = c.req.valid('param')
    const codebase = await asOrg(database, c.get('principal').orgId, (db) => findCodebase(db, id))
    if (!codebase) throw unknownCodebase(id)
    return c.json(codebaseToWire(codebase), 200)
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    await asOrg(database, c.get('principal').orgId, async (db) => {
      const codebase = await findCodebase(db, id)
      if (!codebase || !(await removeCodebase(db, codebase.id))) throw unknownCodebase(id)
    })
    return c.body(null, 204)
  })
}

/** Kept without a slash at its end: the same repository is to be found again by what people write. */
function addressOf(url: string): string {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[\w.-]+@[\w.-]+:/.test(url)
  if (!isUrl && !url.startsWith('/')) {
    throw new UserError(
      'invalid-request',
      `\`url\`: "${url}" is neither a URL nor an absolute path. Give a path from the root of the service's machine, such as /home/me/app.`,
    )
  }
  return url.replace(/(?<=[^/:])\/+$/, '')
}

const unknownCodebase = (id: string) =>
  new UserError('codebase-unknown', `There is no codebase ${id}. GET /v1/codebases lists them.`)
