import { createRoute, z } from '@hono/zod-openapi'
import { asOrg, type Db } from '../db/scope.ts'
import { findArtifact, findNewestArtifact, readEvents, type Artifact } from '../events/store.ts'
import { UserError } from '../lib/errors.ts'
import { findTask } from '../tasks/store.ts'
import { idParam, refusals, wholeNumber, type Api } from './api.ts'
import type { Ask } from './ask.ts'
import { streamEvents, type StreamParts } from './events-stream.ts'
import { STREAM_HEADERS } from './stream-looks.ts'
import { eventToWire } from './to-wire.ts'
import { TaskEventList } from './wire.ts'

const tags = ['Tasks']
const TaskId = idParam('tsk_01kanv3e5x8t1z6w2q9r4c7b0d')

const listEvents = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}/events',
  operationId: 'listTaskEvents',
  summary: 'What happened in a task; as it happens with `Accept: text/event-stream`',
  description:
    'As server-sent events, `id` is the number of the event and `event` its type. The stream goes on after the number in `Last-Event-ID` or `after`, and closes with `event: end` once the task has ended. A stream that closes without it is to be asked for again.',
  tags,
  request: {
    params: TaskId,
    headers: z.object({
      'last-event-id': z.coerce.number().int().min(0).optional().openapi({ type: 'integer' }),
    }),
    query: z.object({
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0, 'Only events after this number'),
      limit: wholeNumber(1, 1_000, 200),
      follow: z
        .enum(['end', 'forever'])
        .default('end')
        .openapi({ description: '`forever`: also after the task has ended' }),
    }),
  },
  responses: {
    200: {
      description: 'The events, in order',
      content: { 'application/json': { schema: TaskEventList }, 'text/event-stream': { schema: z.string() } },
    },
    ...refusals.find,
    422: refusals.list[422],
  },
})

const showArtifact = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}/artifacts/{artifactId}',
  operationId: 'showArtifact',
  summary: 'A file that a task produced, as it is',
  tags,
  request: {
    params: TaskId.extend({
      artifactId: z
        .string()
        .openapi({ param: { name: 'artifactId', in: 'path' }, example: 'art_01kanv3e5x8t1z6w2q9r4c7b0d' }),
    }),
  },
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

export function addEventRoutes(api: Api, parts: StreamParts): void {
  const { database } = parts

  api.openapi(listEvents, async (c) => {
    const { id } = c.req.valid('param')
    const { after, limit, follow } = c.req.valid('query')
    const { orgId } = c.get('principal')
    const lastSeen = c.req.valid('header')['last-event-id'] ?? after
    const wantsStream = c.req.header('accept')?.includes('text/event-stream') === true
    const events = await asOrg(database, orgId, async (db) => {
      await assertTask(db, id)
      return wantsStream ? [] : readEvents(db, id, lastSeen, limit)
    })
    if (!wantsStream) return c.json({ events: events.map(eventToWire) }, 200)
    const stream = streamEvents(parts, { orgId, taskId: id, after: lastSeen, forever: follow === 'forever' })
    return c.body(stream, 200, STREAM_HEADERS)
  })

  api.openapi(showArtifact, async (c) => {
    const { id, artifactId } = c.req.valid('param')
    const artifact = await asOrg(database, c.get('principal').orgId, async (db) => {
      await assertTask(db, id)
      return getArtifact(db, id, artifactId)
    })
    return sendFile(c, artifact)
  })

  api.openapi(showDiff, async (c) => {
    const { id } = c.req.valid('param')
    const artifact = await asOrg(database, c.get('principal').orgId, async (db) => {
      await assertTask(db, id)
      return findNewestArtifact(db, id, 'diff')
    })
    if (!artifact) throw new UserError('artifact-unknown', `${id} has changed nothing so far.`)
    return sendFile(c, { ...artifact, mediaType: 'text/x-diff' })
  })
}

async function assertTask(db: Db, id: string) {
  const task = await findTask(db, id)
  if (!task) throw new UserError('task-unknown', `There is no task ${id}. GET /v1/tasks lists them.`)
  return task
}

async function getArtifact(db: Db, taskId: string, id: string): Promise<Artifact> {
  const artifact = await findArtifact(db, taskId, id)
  if (!artifact) throw new UserError('artifact-unknown', `${taskId} has no artifact ${id}.`)
  return artifact
}

/** To be kept, never to be shown: an agent wrote it, and a browser would run what it finds in it. */
function sendFile(c: Ask, { name, mediaType, content }: Artifact) {
  return c.body(new Uint8Array(content), 200, {
    'content-type': mediaType.startsWith('text/') ? `${mediaType}; charset=utf-8` : mediaType,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    'x-content-type-options': 'nosniff',
  })
}
