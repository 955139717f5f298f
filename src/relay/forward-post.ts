import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, messageOf } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { waitMs } from './wait-ms.ts'
import { ANSWER_BYTES, type RelayAck, type RelayPost } from './wire.ts'

const ANSWER_TIMEOUT_MS = 30_000

export interface Service {
  url: string
  /** A post that the service has trouble with (5xx, 429) for so long is given up. While it is away it is waited for. */
  giveUpMs: number
}

export interface Stop {
  /** No further try. */
  stopping: AbortSignal
  /** A little later: what is on its way ends as well. */
  late: AbortSignal
}

/**
 * Hands a post to the service until that has answered it. Undefined where a stop came first: then nothing is known of it. Only what
 * is posted to channels goes through: a relay must not reach the API.
 */
export async function forwardPost(
  { url, giveUpMs }: Service,
  post: RelayPost,
  body: Uint8Array,
  { stopping, late, log }: Stop & { log: Log },
): Promise<RelayAck | undefined> {
  const { seq, method, path } = post
  const told = { seq, method, path }
  if (!isWebhookPath(path)) {
    log.warn(told, 'a post to another place than /webhooks/ was refused')
    return ackOf(seq, own(404, 'The relay hands on what is posted to /webhooks/, and nothing else.'))
  }
  let troubleSince: number | undefined
  for (let tries = 0; ; tries++) {
    const answer = await tryPost(`${url.replace(/\/$/, '')}${path}${post.query}`, post, body, late)
    if ('away' in answer) {
      // Nobody was there: which says nothing about the post.
      troubleSince = undefined
      if (tries === 0)
        log.warn(told, `Drover is away (${messageOf(answer.away)}): the post is tried again until it is taken`)
    } else if (answer.status < 500 && answer.status !== 429) {
      log[answer.status < 400 ? 'debug' : 'info']({ ...told, status: answer.status }, 'a post was handed on')
      return ackOf(seq, answer)
    } else {
      troubleSince ??= performance.now()
      if (performance.now() - troubleSince >= giveUpMs) {
        log.error(told, `given up: Drover answers ${answer.status}, again and again. The relay keeps it as failed`)
        return ackOf(seq, answer, 'failed')
      }
      if (tries === 0) log.warn(told, `Drover answers ${answer.status}: the post is tried again`)
    }
    await sleep(waitMs(tries), undefined, { signal: stopping }).catch(() => undefined)
    if (stopping.aborted) return undefined
  }
}

/** Plain names only: what is encoded might become another path on its way through a proxy. */
export const isWebhookPath = (path: string) => /^\/webhooks(\/[\w~-][\w.~-]*)+$/.test(path)

const NOBODY_THERE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

interface Answer {
  status: number
  contentType: string | null
  body: Buffer
}

/** An answer that breaks off is none. */
async function tryPost(
  url: string,
  { method, headers }: RelayPost,
  body: Uint8Array,
  late: AbortSignal,
): Promise<Answer | { away: unknown }> {
  const signal = AbortSignal.any([late, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
  try {
    const response = await fetch(url, { method, headers, body: new Uint8Array(body), redirect: 'manual', signal })
    return {
      status: response.status,
      contentType: response.headers.get('content-type'),
      body: Buffer.from(await response.arrayBuffer()),
    }
  } catch (error) {
    const cause = error instanceof TypeError ? (error.cause ?? error) : error
    if (NOBODY_THERE.has(codeOf(cause) ?? '')) return { away: cause }
    // It was taken and not answered: too slow, or the end of whoever took it. That may be the post's own fault.
    return own(504, `Drover took it and did not answer: ${messageOf(cause)}`)
  }
}

function ackOf(
  seq: number,
  { status, contentType, body }: Answer,
  outcome: RelayAck['outcome'] = 'answered',
): RelayAck {
  return {
    seq,
    outcome,
    status,
    ...(contentType !== null && contentType.length <= 200 && { contentType }),
    ...(body.length > 0 && body.length <= ANSWER_BYTES && { body: body.toString('base64') }),
  }
}

/** What is answered in the service's stead. */
const own = (status: number, text: string): Answer => ({ status, contentType: 'text/plain', body: Buffer.from(text) })
