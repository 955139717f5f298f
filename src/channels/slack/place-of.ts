import { UserError } from '../../lib/errors.ts'
import type { Place } from '../channel.ts'

/** `C012AB3CD`, `C012AB3CD:1700000000.000100` for a thread, a member id for a direct message, or a link that Slack copied. */
export function placeOf(given: string): Omit<Place, 'channel'> {
  const link = /\/archives\/([A-Z0-9]+)(?:\/p(\d+)(\d{6}))?/.exec(given)
  if (link?.[1]) {
    const thread = /[?&]thread_ts=(\d+\.\d+)/.exec(given)?.[1] ?? (link[2] ? `${link[2]}.${link[3]}` : '')
    return { tenant: '', room: link[1], thread }
  }
  const plain = /^([CDGUW][A-Z0-9]{2,})(?::(\d+\.\d+))?$/.exec(given.trim())
  if (plain?.[1]) return { tenant: '', room: plain[1], thread: plain[2] ?? '' }
  throw new UserError(
    'slack-place',
    `${given} is no place in Slack. Give a channel's id (C…, at the foot of its details), a member id (U…), or a link to a message.`,
  )
}
