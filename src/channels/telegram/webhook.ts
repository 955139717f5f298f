import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Api } from 'grammy'
import { messageOf } from '../../lib/errors.ts'
import type { Running } from '../../lib/running.ts'
import type { ChannelHost, TestPosts } from '../channel.ts'
import { call } from './call.ts'
import { createHealth, introduce, pause, reasonOf, UPDATES, waitAfter } from './connection.ts'
import type { Me } from './parse-update.ts'
import type { Taker } from './take-update.ts'

/** How often we ask Telegram whether it reaches us. */
const LOOK_EVERY_MS = 60_000
const SECRET_HEADER = 'x-telegram-bot-api-secret-token'

export interface WebhookParts {
  api: Api
  host: ChannelHost
  taker: Taker
  url: string
  /** What Telegram sends along, by `webhookSecret`. */
  secret: string
}

/** What proves that a request is Telegram's. By the token: nobody has to think of one, and each process comes to the same. */
export const webhookSecret = (token: string) =>
  createHmac('sha256', token).update('drover: webhook of telegram').digest('hex')

/** Has Telegram post to us, and looks whether it can. It keeps what it cannot deliver, so nothing ends when this stops. */
export function startWebhook({ api, host, taker, url, secret }: WebhookParts): Running {
  const stopping = new AbortController()
  const { signal } = stopping
  const health = createHealth(host)
  let isSet = false

  async function keepWebhook() {
    let me: Me | undefined
    let failures = 0
    while (!signal.aborted) {
      try {
        me ??= await introduce(api, host, signal)
        const trouble = await setAndLook()
        failures = 0
        if (trouble === undefined) health.up()
        else health.down(`Telegram cannot deliver to ${url}: ${trouble}. Look whether this address leads to Drover.`)
        await pause(LOOK_EVERY_MS, signal)
      } catch (error) {
        if (signal.aborted) break
        health.down(reasonOf(error))
        await pause(waitAfter(error, failures++), signal)
      }
    }
    await taker.settled()
  }

  /** Set once, and again when somebody who polls with this token has taken it away. */
  async function setAndLook(): Promise<string | undefined> {
    const info = await call((signal) => api.getWebhookInfo(signal), { signal })
    if (!isSet || info.url !== url) {
      const options = { secret_token: secret, allowed_updates: UPDATES }
      await call((signal) => api.setWebhook(url, options, signal), { signal })
      isSet = true
      return undefined
    }
    // An error of the past stays there. It matters while something waits.
    return info.pending_update_count > 0 ? info.last_error_message : undefined
  }

  const running = keepWebhook()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** What Telegram posts. It posts again what was not answered with 2xx. */
export function createReceiver({ api, host, taker, secret }: WebhookParts): (request: Request) => Promise<Response> {
  let me: Me | undefined
  return async (request) => {
    if (!isSame(request.headers.get(SECRET_HEADER) ?? '', secret)) return answer(401, 'Not from Telegram.')
    const update: unknown = await request.json().catch(() => undefined)
    if (update === undefined) return answer(400, 'No JSON.')
    try {
      me ??= await call((signal) => api.getMe(signal))
      await taker.take(update, me)
      return answer(200, '')
    } catch (error) {
      host.log(`What Telegram posted could not be stored; it posts it again: ${messageOf(error)}`)
      return answer(503, 'Not stored. Try again.')
    }
  }
}

/** An update that is nothing to us, at the place where Telegram posts. */
export function testPosts({ secret, url }: Pick<WebhookParts, 'secret' | 'url'>): TestPosts {
  const proven = (by: string) => ({
    headers: { 'content-type': 'application/json', [SECRET_HEADER]: by },
    body: JSON.stringify({ update_id: 0 }),
  })
  return { genuine: proven(secret), forged: proven('forged'), url }
}

const answer = (status: number, text: string) => new Response(text, { status })

const isSame = (given: string, expected: string) => timingSafeEqual(digest(given), digest(expected))

const digest = (text: string) => createHash('sha256').update(text).digest()
