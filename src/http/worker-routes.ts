import { createRoute } from '@hono/zod-openapi'
import { asOrg } from '../db/scope.ts'
import { listWorkers } from '../tasks/worker-store.ts'
import { jsonAnswer, refusals, type Api } from './api.ts'
import type { HttpParts } from './parts.ts'
import { workerToWire } from './to-wire.ts'
import { WorkerList } from './wire.ts'

const list = createRoute({
  method: 'get',
  path: '/v1/workers',
  operationId: 'listWorkers',
  summary: 'The processes that run tasks, and were heard of within the last minute',
  tags: ['Workers'],
  responses: { 200: jsonAnswer('All workers that live', WorkerList), ...refusals.read },
})

export function addWorkerRoutes(api: Api, { database }: HttpParts): void {
  api.openapi(list, async (c) => {
    const workers = await asOrg(database, c.get('principal').orgId, (db) => listWorkers(db, { alive: true }))
    return c.json({ workers: workers.map(workerToWire) }, 200)
  })
}
