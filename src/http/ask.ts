import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Context, MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Log } from '../lib/log.ts'
import type { Principal } from '../orgs/org.ts'

/** What the middleware puts beside every request. */
export interface HttpEnv {
  Variables: {
    /** Only below /v1. */
    principal: Principal
    correlationId: string
    log: Log
  }
}

/** One request, as a route sees it. */
export type Ask = Context<HttpEnv>

const SANE_ID = /^[\w.:/+=-]{1,128}$/

/** One id from the request over the log to the task that it starts: the caller's own, if it is sane. */
export function correlate(log: Log): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const given = c.req.header('x-request-id')
    const correlationId = given !== undefined && SANE_ID.test(given) ? given : randomUUID()
    c.set('correlationId', correlationId)
    c.set('log', log.child({ correlation: correlationId }))
    await next()
    c.header('x-request-id', correlationId)
  }
}

/** Tells of every request once it is answered; the query is left out, it may hold what is nobody's business. */
export function watchRequests(
  tell: (request: { route: string; method: string; status: number; seconds: number }) => void,
): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const startedAt = performance.now()
    await next()
    const seconds = (performance.now() - startedAt) / 1_000
    const { method, path } = c.req
    const { status } = c.res
    tell({ route: routePath(c, -1), method, status, seconds })
    const line = { method, path, status, ms: Math.round(seconds * 1_000) }
    if (status >= 500) c.get('log').warn(line, 'request failed')
    else c.get('log').debug(line, 'request')
  }
}
