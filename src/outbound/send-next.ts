import { ChannelError, type Channel, type ChannelErrorKind, type Outgoing } from '../channels/channel.ts'
import { asSystem } from '../db/scope.ts'
import { faceOf, type Delivery } from '../deliveries/delivery.ts'
import { release, noteProgress, say, type Change, type Hold } from '../deliveries/store.ts'
import { messageOf } from '../lib/errors.ts'
import { pauseChannel } from '../places/channel-store.ts'
import { disableSubscription } from '../webhooks/store.ts'
import { compose } from './compose.ts'
import type { Form, OutboundParts } from './parts.ts'

const SEND_MS = 45_000
/** As long as a platform may be away before what waits for it is given up. */
const PATIENCE_MS = 24 * 3_600_000
const LONGEST_BACKOFF_MS = 60_000
const PAUSE_AFTER_REFUSAL_SECONDS = 60

/** One step of one delivery: compose it, send or edit one message of it, note that, give the place back. */
export async function sendNext(parts: OutboundParts, hold: Hold): Promise<void> {
  const { delivery } = hold
  const channel = parts.channels.get(delivery.place.channel) as Channel
  try {
    const form = await asSystem(parts.database, (db) => compose(db, delivery, channel))
    await step(parts, hold, channel, form)
  } catch (error) {
    await afterError(parts, hold, error)
  }
}

async function step(parts: OutboundParts, hold: Hold, channel: Channel, form: Form) {
  const { delivery } = hold
  const { messages } = form
  const at = messages.findIndex((message, index) => delivery.shown[index] !== faceOf(message))
  const content = form.content && { content: form.content }
  const rest = {
    ...content,
    ...(form.shownEvent !== undefined && { shownEvent: form.shownEvent }),
  }
  const message = messages[at]
  // All is shown: the state alone is news.
  if (!message)
    return note(
      parts,
      hold,
      { ...rest, status: form.next },
      { afterMs: form.next === 'open' ? channel.limits.editGapMs : 0 },
    )

  const messageId = delivery.messageIds[at]
  const shownId =
    messageId === undefined
      ? await send(channel, delivery, message, `${delivery.id}/${at}`)
      : await edit(channel, delivery, at, message, messageId)
  const isLast = at === messages.length - 1
  const change: Change = {
    ...content,
    messageIds: put(delivery.messageIds, at, shownId),
    shown: put(delivery.shown, at, faceOf(message)),
    tries: 0,
    error: null,
  }
  await note(
    parts,
    hold,
    { ...change, ...(isLast && { ...rest, status: form.next }) },
    {
      placeAfterMs: messageId === undefined ? channel.limits.sendGapMs : channel.limits.editGapMs,
      afterMs: isLast && form.next === 'open' ? channel.limits.editGapMs : 0,
    },
  )
}

function send(channel: Channel, { place }: Delivery, message: Outgoing, idempotencyKey: string): Promise<string> {
  return channel.send(place, message, { idempotencyKey, signal: AbortSignal.timeout(SEND_MS) })
}

/** At this index, or behind the last. */
const put = (list: readonly string[], at: number, text: string) =>
  at < list.length ? list.with(at, text) : [...list, text]

/** Where the message is no more, it is said anew. */
async function edit(
  channel: Channel,
  delivery: Delivery,
  at: number,
  message: Outgoing,
  messageId: string,
): Promise<string> {
  try {
    await channel.edit(delivery.place, messageId, message, AbortSignal.timeout(SEND_MS))
    return messageId
  } catch (error) {
    if (!(error instanceof ChannelError) || error.kind !== 'gone') throw error
    // Not by the key of the one that is gone: a platform that knows it would show that one.
    return send(channel, delivery, message, `${delivery.id}/${at}/${messageId}`)
  }
}

async function note(
  { database }: OutboundParts,
  hold: Hold,
  change: Change,
  waits: { placeAfterMs?: number; afterMs?: number },
) {
  await asSystem(database, async (db) => {
    if (await noteProgress(db, hold, change)) await release(db, hold, waits)
  })
}

async function afterError(parts: OutboundParts, hold: Hold, error: unknown) {
  const { delivery } = hold
  const { place, tries } = delivery
  const reason = messageOf(error)
  const kind = error instanceof ChannelError ? error.kind : 'bug'
  const backoffMs = Math.min(LONGEST_BACKOFF_MS, 1_000 * 2 ** Math.min(tries, 10))
  parts.log[kind === 'rate' || kind === 'transient' ? 'info' : 'warn'](
    { err: kind === 'bug' ? error : reason, delivery: delivery.id, channel: place.channel, kind },
    'a delivery was not sent',
  )
  switch (kind) {
    case 'rate': {
      // A receiver that is always busy is away.
      if (delivery.kind === 'webhook' && isOld(delivery)) return bury(parts, hold, reason, kind)
      const afterMs = (error as ChannelError).retryAfterMs ?? backoffMs
      return note(parts, hold, { tries: tries + 1, error: reason }, { placeAfterMs: afterMs })
    }
    case 'auth':
      // Of many tenants one may have thrown us out: the others go on.
      await asSystem(parts.database, (db) =>
        pauseChannel(db, place.channel, place.tenant === '' ? PAUSE_AFTER_REFUSAL_SECONDS : 0, reason),
      )
      return note(parts, hold, { error: reason }, { placeAfterMs: PAUSE_AFTER_REFUSAL_SECONDS * 1_000 })
    case 'transient':
    case 'bug': {
      const isHopeless = kind === 'bug' ? tries >= 5 : isOld(delivery)
      if (!isHopeless)
        return note(parts, hold, { tries: tries + 1, error: reason }, { placeAfterMs: backoffMs, afterMs: backoffMs })
      return bury(parts, hold, reason, kind)
    }
    case 'gone':
    case 'invalid':
      return bury(parts, hold, reason, kind)
  }
}

const isOld = ({ createdAt }: Delivery) => Date.now() - createdAt.getTime() > PATIENCE_MS

/** The dead letter: kept, listed, to be sent again or discarded by a person. Who waits for an answer is told at least that there is one. */
async function bury(parts: OutboundParts, hold: Hold, reason: string, kind: ChannelErrorKind | 'bug') {
  const { delivery } = hold
  await asSystem(parts.database, async (db) => {
    if (!(await noteProgress(db, hold, { status: 'dead', error: reason }))) return
    if (kind === 'invalid' && (delivery.kind === 'answer' || delivery.kind === 'question')) {
      const { id, channel } = delivery.place
      const where = delivery.taskId === null ? '' : ` Read it with \`drover task show ${delivery.taskId}\`.`
      const markdown = `⚠️ There is an ${delivery.kind} that cannot be shown here.${where}`
      await say(db, { id, channel, orgId: delivery.orgId }, { markdown })
    }
    if (delivery.kind === 'webhook' && kind !== 'bug') await disableSubscription(db, delivery.place.tenant, reason)
    await release(db, hold, {})
  })
}
