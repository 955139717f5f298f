import { messageOf } from '../../lib/errors.ts'
import { ChannelError, type ChannelHost } from '../channel.ts'
import { patiently, type Call } from './call.ts'
import type { LastSeen, Seen } from './last-seen.ts'

interface Parts {
  call: Call
  seen: LastSeen
  /** Settles when it is stored; throws where the signal comes first. */
  take(message: unknown, guild: string, signal: AbortSignal): Promise<void>
  log: ChannelHost['log']
}

const PAGE = 100
const MOST_PAGES = 20

/**
 * Where a session began anew, what was said before is not told: it stands in the history of the channels. Reads there on from what
 * was seen last, through the same door. Throws where the signal comes first.
 */
export async function catchUp(parts: Parts, signal: AbortSignal): Promise<void> {
  for (const place of parts.seen.all()) await readOn(parts, place, signal)
}

async function readOn({ call, seen, take, log }: Parts, { channel, guild, after }: Seen, signal: AbortSignal) {
  let from = after
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = { after: from, limit: PAGE }
    const read = () =>
      patiently(signal, () => call((api, signal) => api.channels.getMessages(channel, query, { signal }), { signal }))
    const messages = await read().catch((error: unknown) => {
      signal.throwIfAborted()
      log(`Discord: what was said in ${channel} meanwhile cannot be read: ${messageOf(error)}`)
      if (error instanceof ChannelError && error.kind === 'gone') seen.drop(channel)
      return []
    })
    // They come newest first.
    for (const message of messages.toReversed()) {
      await take(message, guild, signal)
      from = message.id
    }
    if (messages.length < PAGE) return
  }
  log(`Discord: in ${channel} more was said meanwhile than can be read again.`)
}
