import { createRoute, z } from '@hono/zod-openapi'
import { asOrg } from '../db/scope.ts'
import { findArtifact, findNewestArtifact, listArtifacts, type Artifact } from '../events/artifact-store.ts'
import { UserError } from '../lib/errors.ts'
import { idParam, jsonAnswer, refusals, type Api } from './api.ts'
import type { Ask } from './ask.ts'
import { knownTask } from './known.ts'
import type { HttpParts } from './parts.ts'
import { artifactToWire } from './to-wire.ts'
import { ArtifactList } from './wire.ts'

const tags = ['Tasks']
const TaskId = idParam('tsk_01kanv3e5x8t1z6w2q9r4c7b0d')

const listTaskArtifacts = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}/artifacts',
  operationId: 'listTaskArtifacts',
  summary: 'The files of a task: what people sent with it, and what it produced',
  tags,
  request: { params: TaskId },
  responses: { 200: jsonAnswer('The files, oldest first', ArtifactList), ...refusals.find },
})

const showArtifact = createRoute({
  method: 'get',
  path: '/v1/artifacts/{id}',
  operationId: 'showArtifact',
  summary: 'A file of a task, as it is',
  tags,
  request: { params: idParam('art_01kanv3e5x8t1z6w2q9r4c7b0d') },
  responses: {
    200: { description: 'Its content', content: { 'application/octet-stream': { schema: z.string() } } },
    ...refusals.find,
  },
})

const showDiff = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}/diff',
  operationId: 'showTaskDiff',
  summary: 'What a task changed, as a unified diff',
  tags,
  request: { params: TaskId },
  responses: { 200: { description: 'The diff', content: { 'text/x-diff': { schema: z.string() } } }, ...refusals.find },
})

export function addArtifactRoutes(api: Api, { database }: Pick<HttpParts, 'database'>): void {
  api.openapi(listTaskArtifacts, async (c) => {
    const { id } = c.req.valid('param')
    const artifacts = await asOrg(database, c.get('principal').orgId, async (db) => {
      await knownTask(db, id)
      return listArtifacts(db, id)
    })
    return c.json({ artifacts: artifacts.map(artifactToWire) }, 200)
  })

  api.openapi(showArtifact, async (c) => {
    const { id } = c.req.valid('param')
    const artifact = await asOrg(database, c.get('principal').orgId, (db) => findArtifact(db, id))
    if (!artifact)
      throw new UserError('artifact-unknown', `There is no file ${id}. GET /v1/tasks/{id}/artifacts lists a task's.`)
    return sendFile(c, artifact)
  })

  api.openapi(showDiff, async (c) => {
    const { id } = c.req.valid('param')
    const artifact = await asOrg(database, c.get('principal').orgId, async (db) => {
      await knownTask(db, id)
      return findNewestArtifact(db, id, 'diff')
    })
    if (!artifact) throw new UserError('artifact-unknown', `${id} has changed nothing so far.`)
    return sendFile(c, { ...artifact, mediaType: 'text/x-diff' })
  })
}

/** What cannot be one would be no header: a platform may have said anything. */
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*$/

/** To be kept, never to be shown: an agent or a stranger made it, and a browser would run what it finds in it. */
function sendFile(c: Ask, { name, mediaType, content }: Artifact) {
  const type = MEDIA_TYPE.test(mediaType) ? mediaType : 'application/octet-stream'
  return c.body(new Uint8Array(content), 200, {
    'content-type': type.startsWith('text/') && !type.includes(';') ? `${type}; charset=utf-8` : type,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name.toWellFormed())}`,
    'x-content-type-options': 'nosniff',
  })
}
