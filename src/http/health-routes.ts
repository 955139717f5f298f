import { createRoute, z } from '@hono/zod-openapi'
import { pendingMigrations } from '../db/migrate.ts'
import { asSystem } from '../db/scope.ts'
import { UserError, messageOf } from '../lib/errors.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { listChannels } from '../places/channel-store.ts'
import { listWorkers } from '../tasks/worker-store.ts'
import { jsonAnswer, refusals, type Api } from './api.ts'
import type { Metrics } from './metrics.ts'
import type { HttpParts } from './parts.ts'
import { problemAnswer } from './problems.ts'
import { Health } from './wire.ts'

const tags = ['Operation']
const open = { tags, security: [] }
const text = (description: string) => ({ description, content: { 'text/plain': { schema: z.string() } } })
const UNREADY = { 503: { description: 'It cannot; the answer says why' } }

const live = createRoute({
  ...open,
  method: 'get',
  path: '/livez',
  operationId: 'live',
  summary: 'Whether the process lives',
  responses: { 200: text('It does') },
})

const ready = createRoute({
  ...open,
  method: 'get',
  path: '/readyz',
  operationId: 'ready',
  summary: 'Whether it can take requests: the database answers, its schema is current, and no stop is under way',
  responses: { 200: text('It can; and how agents are fenced here'), ...UNREADY },
})

const health = createRoute({
  ...open,
  method: 'get',
  path: '/health',
  operationId: 'health',
  summary: 'How the service and its database are',
  responses: { 200: jsonAnswer('Well', Health), 503: jsonAnswer('Not well', Health) },
})

const showMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  operationId: 'metrics',
  summary: 'Figures for Prometheus, over all orgs: with a key of the first org only',
  tags,
  responses: { 200: text("Prometheus' text format"), ...refusals.read },
})

export function addHealthRoutes(api: Api, parts: HttpParts, metrics: Metrics): void {
  const { database, version, fence } = parts
  // Migrations only go forward: what is current stays so for this version.
  let isCurrent = false

  async function whyNotReady(): Promise<string | undefined> {
    if (parts.isDraining()) return 'This process is about to stop. Ask another one, or again in a moment.'
    if (isCurrent) return asSystem(database, (db) => listWorkers(db, { alive: true })).then(() => undefined, messageOf)
    const pending = await pendingMigrations(database.url).catch((error: unknown) => messageOf(error))
    if (typeof pending === 'string') return pending
    isCurrent = pending.length === 0
    return isCurrent ? undefined : `The database lacks ${pending.join(', ')}. Run: drover migrate`
  }

  api.openapi(live, (c) => c.text('ok\n', 200))

  api.openapi(ready, async (c) => {
    const why = await whyNotReady()
    if (why !== undefined) return problemAnswer(c, 'unavailable', why)
    // A channel that is down keeps nobody else from working: it is said, and does not count.
    const channels = (await asSystem(database, listChannels)).filter(({ isUp, reason }) => !isUp && reason !== null)
    return c.text(['ready', fence, ...channels.map(({ name, reason }) => `${name}: ${reason}`), ''].join('\n'), 200)
  })

  api.openapi(health, async (c) => {
    const asked = await asSystem(database, (db) => listWorkers(db, { alive: true })).then(
      (workers) => ({ database: 'ok', workers: workers.length }),
      (error: unknown) => ({ database: messageOf(error), workers: null }),
    )
    const isWell = asked.workers !== null
    const status = isWell ? (parts.isDraining() ? 'draining' : 'ok') : 'failing'
    return c.json({ status, version, fence, ...asked } as const, isWell ? 200 : 503)
  })

  api.openapi(showMetrics, async (c) => {
    if (c.get('principal').orgId !== DEFAULT_ORG) {
      throw new UserError('forbidden', 'These figures are of all orgs. Ask with a key of the first one.')
    }
    return c.text(await metrics.text(), 200, { 'content-type': metrics.contentType })
  })
}
