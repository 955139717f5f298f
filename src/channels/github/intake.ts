import { ChannelError, type ChannelHost, type Inbound } from '../channel.ts'
import type { Api } from './api.ts'
import { ignoredOf } from './ignored.ts'
import { OWN, parseEvent, type Heard } from './parse-event.ts'
import { readPayload } from './payload.ts'
import { createPermissions } from './permission.ts'
import { createReviews } from './review.ts'
import type { Sent } from './sent.ts'

/** What GitHub posts: the event's name, its payload, and the id of this delivery. */
interface Posted {
  name: string
  body: unknown
  deliveryId: string
}

export interface Intake {
  /** Stores what was said, if it was said to us. Throws what asking and storing throw: then it is kept, for `again()`. */
  take(posted: Posted): Promise<'taken' | 'ignored'>
  /** Whether something waits that could not be stored. */
  isBehind(): boolean
  /** Tries what waits, in order. Throws what went wrong first; while the database is away, no other is tried. */
  again(): Promise<void>
  /** Resolves when nothing is being stored. */
  settled(): Promise<void>
}

interface Parts {
  api: Api
  host: ChannelHost
  botName: string
  sent: Sent
}

/** GitHub gives up after ten seconds; what we ask it meanwhile must end before that. */
const ASKING_MS = 8000
/** What is more or older than this is left to be found among the failed deliveries. */
const MOST_WAITING = 500
const WAITS_MS = 60 * 60_000

export function createIntake({ api, host, botName, sent }: Parts): Intake {
  const mayWrite = createPermissions({ api, log: host.log })
  const reviews = createReviews({ api, botName })
  const underWay = new Set<Promise<unknown>>()
  let waiting: (Posted & { until: number })[] = []

  async function store({ name, body, deliveryId }: Posted): Promise<'taken' | 'ignored'> {
    const payload = readPayload(name, body)
    const heard = payload && parseEvent(payload, botName)
    const event = heard && ('reason' in heard ? heard : await completed(heard, AbortSignal.timeout(ASKING_MS)))
    if (event && !('reason' in event)) {
      await host.take(event)
      return 'taken'
    }
    // For people only: that it cannot be noted is no reason for GitHub to post it again.
    const ignored = ignoredOf(name, body, deliveryId, event?.reason)
    if (ignored) await host.noteIgnored(ignored).catch(() => undefined)
    return 'ignored'
  }

  /** With what GitHub must be asked for; a reason where it is our own, or said in another event. */
  async function completed(
    { event, partOf, review }: Heard,
    signal: AbortSignal,
  ): Promise<Inbound | { reason: string }> {
    const { place, actor } = event
    const { login } = await api.me(signal)
    if (login.toLowerCase() === actor.name.toLowerCase()) return { reason: OWN }
    if (partOf && (await reviews.isAddressed(place, partOf.review, signal)))
      return { reason: 'it is part of a review, which is heard as a whole' }
    const isVouchedFor = !actor.isBot && (await mayWrite(place.room, actor.name, signal))
    const vouched = isVouchedFor ? { isVouchedFor } : {}
    if (event.type === 'choice')
      return { ...event, ...vouched, messageId: sent.messageOf(event.questionId) ?? event.messageId }
    const isCommand = event.text.startsWith('/')
    const comments = review === undefined || isCommand ? [] : await reviews.commentsOf(place, review, signal)
    return { ...event, ...vouched, text: [event.text, ...comments].join('\n\n') }
  }

  async function take(posted: Posted) {
    const work = store(posted)
    underWay.add(work)
    try {
      return await work
    } finally {
      underWay.delete(work)
    }
  }

  return {
    async take(posted) {
      try {
        return await take(posted)
      } catch (error) {
        waiting = [...waiting, { ...posted, until: Date.now() + WAITS_MS }].slice(-MOST_WAITING)
        throw error
      }
    },
    isBehind: () => waiting.length > 0,
    async again() {
      let first: unknown
      for (const next of waiting) {
        const error = await take(next).then(() => undefined, asError)
        if (error === undefined || next.until < Date.now()) waiting = waiting.filter((other) => other !== next)
        first ??= error
        if (error !== undefined && !(error instanceof ChannelError)) break
      }
      if (first !== undefined) throw first
    },
    async settled() {
      await Promise.allSettled(underWay)
    },
  }
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)))
