import { asSystem } from '../db/scope.ts'
import { startWatcher } from '../http/watch.ts'
import { RetryLater } from '../lib/errors.ts'
import { startLoop } from '../lib/loop.ts'
import { busy, refuse } from './answers.ts'
import { startConsumers } from './consumers.ts'
import type { RelayParts } from './limits.ts'
import { createRate } from './rate.ts'
import { createIntake } from './read-body.ts'
import { serveConsumer } from './serve-consumer.ts'
import { forgetOldPosts } from './store.ts'
import { takePost } from './take-post.ts'

/** For the NOTIFY that gets lost. */
const POLL_MS = 1_000
const CLEAN_MS = 10 * 60_000

export interface Relay {
  fetch(request: Request): Promise<Response>
  /** Ends the streams: their readers come back, here or elsewhere. */
  close(): Promise<void>
}

/** The public end over standard requests and answers: no port, no server. Of many on one database each does the same. */
export function startRelayDoors(parts: RelayParts): Relay {
  const { database, log, limits } = parts
  const onError = (error: unknown) => log.warn({ err: error }, 'the relay cannot reach its database')
  const answers = startWatcher(database, { channel: 'drover_relay_answer', pollMs: POLL_MS, onError })
  const consumers = startConsumers(database, { perChannel: limits.streams, pollMs: POLL_MS, onError })
  const cleaning = startLoop(
    CLEAN_MS,
    async () => {
      const lost = await asSystem(database, forgetOldPosts)
      if (lost > 0) log.warn(`${lost} posts were forgotten: nobody read them for seven days`)
    },
    onError,
  )
  const intake = createIntake(limits.intakeBytes)
  const isAllowed = createRate(limits.postsPerMinute)

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    const [, posted, path = '/'] = /^\/r\/([\w-]{24,64})(\/.*)?$/.exec(pathname) ?? []
    if (posted !== undefined) return takePost({ ...parts, answers, intake, isAllowed }, request, posted, path)
    const [, read, what = ''] = /^\/relay\/([\w-]{24,64})\/(.+)$/.exec(pathname) ?? []
    if (read !== undefined) return serveConsumer({ ...parts, consumers }, request, read, what)
    return pathname === '/livez' ? new Response('ok') : refuse(404, 'This is a relay of Drover. There is nothing here.')
  }

  return {
    fetch: (request) =>
      answer(request).catch((error: unknown) => {
        if (error instanceof RetryLater) return busy(error.message, Math.ceil(error.afterMs / 1_000), 503)
        log.error({ err: error }, 'the relay could not answer')
        return refuse(500, 'Something went wrong at the relay that should not. Its log says what.')
      }),
    async close() {
      await Promise.all([cleaning.stop(), answers.stop(), consumers.stop()])
    },
  }
}
