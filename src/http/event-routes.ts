import { createRoute, z } from '@hono/zod-openapi'
import { asOrg } from '../db/scope.ts'
import { readEvents } from '../events/store.ts'
import { idParam, refusals, wholeNumber, type Api } from './api.ts'
import { streamEvents, type StreamParts } from './events-stream.ts'
import { knownTask } from './known.ts'
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

export function addEventRoutes(api: Api, parts: StreamParts): void {
  const { database } = parts

  api.openapi(listEvents, async (c) => {
    const { id } = c.req.valid('param')
    const { after, limit, follow } = c.req.valid('query')
    const { orgId } = c.get('principal')
    const lastSeen = c.req.valid('header')['last-event-id'] ?? after
    const wantsStream = c.req.header('accept')?.includes('text/event-stream') === true
    const events = await asOrg(database, orgId, async (db) => {
      await knownTask(db, id)
      return wantsStream ? [] : readEvents(db, id, lastSeen, limit)
    })
    if (!wantsStream) return c.json({ events: events.map(eventToWire) }, 200)
    const stream = streamEvents(parts, { orgId, taskId: id, after: lastSeen, forever: follow === 'forever' })
    return c.body(stream, 200, STREAM_HEADERS)
  })
}
