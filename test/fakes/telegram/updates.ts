/** Telegram's queue for a bot: each update stays until it is confirmed by a higher offset, or until the webhook answered 2xx. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from './refusal.ts'

type Update = { update_id: number } & Record<string, unknown>

interface Webhook {
  url: string
  secret?: string | undefined
}

interface Poller {
  /** Something came, or the wait is over. */
  wake(): void
  isTerminated: boolean
}

export interface Updates {
  push(content: Record<string, unknown>): void
  /** The last one once more, under a new number: a poller whose offset has passed it would not see it else. */
  repeat(): void
  get(wish: { offset: number; limit: number; timeout: number }, signal: AbortSignal): Promise<Update[]>
  setWebhook(webhook: Webhook | undefined): void
  webhook(): Webhook | undefined
  lastError(): { date: number; message: string } | undefined
  /** Kinds that the bot wants; all where it did not say. */
  allow(kinds: string[] | undefined): void
  waiting(): Update[]
  pollers(): number
  stop(): Promise<void>
}

/** How soon Telegram posts again what a webhook did not take. On the platform this grows to minutes. */
const AGAIN_MS = 100

export function createUpdates(): Updates {
  let queue: Update[] = []
  let last: Record<string, unknown> | undefined
  let nextId = 7001
  let webhook: Webhook | undefined
  let error: { date: number; message: string } | undefined
  let allowed: string[] | undefined
  const pollers = new Set<Poller>()
  const stopping = new AbortController()
  let postNow = Promise.withResolvers<void>()

  function push(content: Record<string, unknown>) {
    last = content
    if (allowed && !Object.keys(content).some((kind) => allowed?.includes(kind))) return
    queue.push({ update_id: nextId++, ...content })
    for (const poller of pollers) poller.wake()
    postNow.resolve()
  }

  async function get({ offset, limit, timeout }: Parameters<Updates['get']>[0], signal: AbortSignal) {
    if (webhook)
      throw new Refusal(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      )
    for (const poller of pollers) {
      poller.isTerminated = true
      poller.wake()
    }
    if (offset < 0) queue = queue.slice(offset)
    else queue = queue.filter(({ update_id: id }) => id >= offset)
    if (queue.length === 0 && timeout > 0) await wait(timeout * 1000, signal)
    return queue.slice(0, limit)
  }

  async function wait(ms: number, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const poller: Poller = { wake: resolve, isTerminated: false }
    pollers.add(poller)
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    clearTimeout(timer)
    pollers.delete(poller)
    if (poller.isTerminated)
      throw new Refusal(
        409,
        'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
      )
  }

  /** One after the other, each until it is taken. */
  async function postAll() {
    while (!stopping.signal.aborted) {
      const next = webhook && queue[0]
      if (!webhook || !next) {
        postNow = Promise.withResolvers()
        await postNow.promise
        continue
      }
      const failure = await post(webhook, next)
      if (failure === undefined) queue = queue.filter((update) => update !== next)
      else {
        error = { date: Math.floor(Date.now() / 1000), message: failure }
        await sleep(AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  async function post({ url, secret }: Webhook, update: Update): Promise<string | undefined> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(secret !== undefined && { 'x-telegram-bot-api-secret-token': secret }),
        },
        body: JSON.stringify(update),
        signal: stopping.signal,
      })
      await response.arrayBuffer()
      return response.ok ? undefined : `Wrong response from the webhook: ${response.status} ${response.statusText}`
    } catch {
      return 'Connection refused'
    }
  }

  const posting = postAll()

  return {
    push,
    repeat() {
      if (last) push(last)
    },
    get,
    setWebhook(next) {
      webhook = next
      error = undefined
      postNow.resolve()
    },
    webhook: () => webhook,
    lastError: () => error,
    allow(kinds) {
      if (kinds) allowed = kinds
    },
    waiting: () => [...queue],
    pollers: () => pollers.size,
    async stop() {
      stopping.abort()
      postNow.resolve()
      for (const poller of pollers) poller.wake()
      await posting
    },
  }
}
