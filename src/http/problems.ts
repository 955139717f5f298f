import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { RetryLater, UserError, codeOf } from '../lib/errors.ts'
import type { Ask } from './ask.ts'
import type { Problem } from './wire.ts'

/** Status and title of each kind of problem. A `UserError` whose code is not here is 422: somebody can act on it. */
const KINDS: Readonly<Record<string, readonly [ContentfulStatusCode, string]>> = {
  'malformed-json': [400, 'The body is no JSON'],
  unauthorized: [401, 'A key is needed'],
  forbidden: [403, 'This key may not do that'],
  'route-unknown': [404, 'There is no such address'],
  'task-unknown': [404, 'There is no such task'],
  'artifact-unknown': [404, 'There is no such artifact'],
  'codebase-unknown': [404, 'There is no such codebase'],
  'no-conversation': [404, 'There is no such conversation'],
  'schedule-unknown': [404, 'There is no such schedule'],
  'key-unknown': [404, 'There is no such key'],
  'no-channel': [404, 'There is no such channel'],
  'budget-unknown': [404, 'There is no such budget'],
  'room-unknown': [404, 'There is no such room'],
  'question-unknown': [404, 'There is no such question'],
  'said-unknown': [404, 'There is no such message'],
  'delivery-unknown': [404, 'There is no such delivery'],
  'bad-signature': [401, 'It is not signed as it should be'],
  'hook-unknown': [404, 'There is no such hook'],
  'webhook-unknown': [404, 'There is no such webhook'],
  'member-unknown': [404, 'There is no such member'],
  'name-taken': [409, 'The name is taken'],
  'task-ended': [409, 'The task has ended'],
  'task-not-ended': [409, 'The task is not to be retried'],
  'task-not-asking': [409, 'The task waits for no answer'],
  'not-parked': [409, 'The message is not parked'],
  'delivery-state': [409, 'The delivery is not in that state'],
  'hook-idle': [409, 'The hook has nothing to work on'],
  'account-known': [409, 'The account is known'],
  'account-unknown': [404, 'There is no such account'],
  'last-account': [409, 'It is the last account'],
  'too-large': [413, 'The body is too large'],
  'content-type': [415, 'The body is of the wrong kind'],
  'invalid-request': [422, 'The request is not valid'],
  'idempotency-key-reused': [422, 'The Idempotency-Key was used for another request'],
  'agent-unknown': [422, 'There is no such agent'],
  'channel-unknown': [422, 'There is no such channel'],
  'no-webhooks': [422, 'There are no webhooks here'],
  'no-console': [422, 'There is no console here'],
  'no-codebase': [422, 'There is nothing to work on'],
  cron: [422, 'This is no schedule'],
  internal: [500, 'Something went wrong in Drover'],
  unavailable: [503, 'Drover cannot answer now'],
}

export interface FieldProblem {
  /** body, query, param or header. */
  in: string
  field: string
  message: string
}

interface Extras {
  errors?: FieldProblem[]
  headers?: Record<string, string>
}

/** RFC 9457: what is wrong, and in `detail` what to do. */
export function problemAnswer(c: Ask, code: string, detail: string, { errors, headers }: Extras = {}) {
  const [status, title] = KINDS[code] ?? [422, 'This cannot be done']
  const body: Problem = {
    type: `urn:drover:problem:${code}`,
    title,
    status,
    detail,
    code,
    correlationId: c.get('correlationId'),
    ...(errors && { errors }),
  }
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...headers })
}

/** The answer to whatever a route threw. What nobody can act on is logged once, here, and told no details of. */
export function answerToError(error: unknown, c: Ask): Response {
  if (error instanceof UserError) return problemAnswer(c, error.code, error.message)
  if (error instanceof RetryLater) {
    const seconds = String(Math.max(1, Math.ceil(error.afterMs / 1_000)))
    return problemAnswer(c, 'unavailable', error.message, { headers: { 'retry-after': seconds } })
  }
  if (error instanceof HTTPException) return answerToFramework(error, c)
  if (codeOf(error) === NUL_IN_TEXT) {
    return problemAnswer(c, 'invalid-request', 'A text holds the character NUL (\\u0000). Send it without.')
  }
  c.get('log').error({ err: error }, 'a request failed')
  return problemAnswer(
    c,
    'internal',
    `Its log has the reason; look for ${c.get('correlationId')}. Trying again is safe.`,
  )
}

/** PostgreSQL keeps every character but this one. */
const NUL_IN_TEXT = '22021'

function answerToFramework(error: HTTPException, c: Ask): Response {
  if (error.status === 415)
    return problemAnswer(c, 'content-type', 'Send it with the header `Content-Type: application/json`.')
  if (error.status === 400) return problemAnswer(c, 'malformed-json', 'Send one JSON object.')
  return problemAnswer(c, 'internal', error.message)
}
