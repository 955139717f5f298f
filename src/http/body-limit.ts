import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Ask, HttpEnv } from './ask.ts'
import { problemAnswer } from './problems.ts'

const MAX_BODY_BYTES = 2 * 2 ** 20

/**
 * 413 for what is too large. Hono's own guard makes a full Request of every call, which halves the requests a second:
 * only bodies of unknown length are handed to it.
 */
export function limitBodies(): MiddlewareHandler<HttpEnv> {
  const refuse = (c: Ask) =>
    problemAnswer(
      c,
      'too-large',
      `A body holds at most 2 MiB (${MAX_BODY_BYTES} bytes), a prompt 1 MiB. Put long texts into files of the repository.`,
    )
  const limitChunked = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: refuse })
  return async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    const length = c.req.header('content-length')
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return limitChunked(c, next)
    return Number(length) > MAX_BODY_BYTES ? refuse(c) : next()
  }
}
