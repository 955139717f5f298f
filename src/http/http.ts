import { secureHeaders } from 'hono/secure-headers'
import { asSystem } from '../db/scope.ts'
import { newestEvents } from '../events/store.ts'
import { createApi } from './api.ts'
import { correlate, watchRequests } from './ask.ts'
import { addAgentRoutes } from './agent-routes.ts'
import { addArtifactRoutes } from './artifact-routes.ts'
import { addAuditRoutes } from './audit-routes.ts'
import { requireKey } from './auth.ts'
import { limitBodies } from './body-limit.ts'
import { addChannelRoutes } from './channel-routes.ts'
import { addCodebaseRoutes } from './codebase-routes.ts'
import { addConsoleRoutes } from './console-routes.ts'
import { addConversationRoutes } from './conversation-routes.ts'
import { addDeliveryRoutes } from './delivery-routes.ts'
import { addDocsPage } from './docs-page.ts'
import { addEventRoutes } from './event-routes.ts'
import { addHealthRoutes } from './health-routes.ts'
import { addInboxRoutes } from './inbox-routes.ts'
import { addKeyRoutes } from './key-routes.ts'
import { createMetrics } from './metrics.ts'
import type { HttpParts } from './parts.ts'
import { addPeopleRoutes } from './people-routes.ts'
import { answerToError, problemAnswer } from './problems.ts'
import { addScheduleRoutes } from './schedule-routes.ts'
import { addTaskRoutes } from './task-routes.ts'
import { addUsageRoutes } from './usage-routes.ts'
import { startWatcher } from './watch.ts'
import { addWebhookHookRoutes } from './webhook-hook-routes.ts'
import { addWebhookRoutes } from './webhook-routes.ts'
import { addWebhookSubscriptionRoutes } from './webhook-subscription-routes.ts'
import { addWorkerRoutes } from './worker-routes.ts'

export interface Http {
  fetch(request: Request): Promise<Response>
  /** The OpenAPI 3.1 document. */
  document(): object
  /** Ends what would never end by itself: event streams. Their readers come back, here or elsewhere. */
  close(): Promise<void>
}

/** The API over standard requests and answers: no port, no server. */
export function createHttp(parts: HttpParts): Http {
  const { database, log, version } = parts
  const { pollMs, heartbeatMs } = parts.streams ?? { pollMs: 1_000, heartbeatMs: 15_000 }
  const metrics = createMetrics(database, version)
  const onError = (error: unknown) => log.warn({ err: error }, 'cannot look for new events')
  const look = (ids: string[]) => asSystem(database, (db) => newestEvents(db, ids))
  const tasks = startWatcher(database, { channel: 'drover_events', look, pollMs, onError })
  const rooms = startWatcher(database, { channel: 'drover_console', pollMs, onError })

  const api = createApi()
  api.use(
    correlate(log),
    watchRequests((request) => metrics.noteRequest(request)),
    secureHeaders({ strictTransportSecurity: false }),
    limitBodies(),
  )
  api.use('/v1/*', requireKey(database))
  api.use('/metrics', requireKey(database))
  addTaskRoutes(api, parts)
  addEventRoutes(api, { database, watcher: tasks, log, heartbeatMs })
  addArtifactRoutes(api, parts)
  addChannelRoutes(api, parts)
  addCodebaseRoutes(api, parts)
  addConversationRoutes(api, parts)
  addConsoleRoutes(api, { database, watcher: rooms, log, heartbeatMs, agents: parts.agents })
  addInboxRoutes(api, parts)
  addDeliveryRoutes(api, parts)
  addPeopleRoutes(api, parts)
  addAuditRoutes(api, parts)
  addAgentRoutes(api, parts)
  addWorkerRoutes(api, parts)
  addScheduleRoutes(api, parts)
  addUsageRoutes(api, parts)
  addKeyRoutes(api, parts)
  addWebhookSubscriptionRoutes(api, parts)
  addWebhookHookRoutes(api, parts)
  addWebhookRoutes(api, parts)
  addHealthRoutes(api, parts, metrics)
  addDocsPage(api)
  api.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'The key of this machine is in the file api-key of the data folder; `drover key create` makes more.',
  })
  const document = () =>
    api.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Drover', version, description: 'Drive AI coding agents in fenced git workspaces.' },
      servers: [{ url: '/' }],
      security: [{ apiKey: [] }],
    })
  api.get('/openapi.json', (c) => c.json(document()))
  api.notFound((c) =>
    problemAnswer(c, 'route-unknown', `There is no ${c.req.method} ${c.req.path}. /docs shows what there is.`),
  )
  api.onError(answerToError)

  return {
    fetch: async (request) => api.fetch(request),
    document,
    async close() {
      await Promise.all([tasks.stop(), rooms.stop()])
    },
  }
}
