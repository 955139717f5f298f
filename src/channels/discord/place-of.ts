import { UserError } from '../../lib/errors.ts'
import type { Place } from '../channel.ts'

const ID = String.raw`\d{15,21}`

/** `<channel id>`, `<channel id>/<thread id>`, `@<user id>` for a direct message, or the link that Discord copies. */
export function placeOf(given: string): Omit<Place, 'channel'> {
  const text = given.trim()
  const link = new RegExp(`/channels/(@me|${ID})/(${ID})`).exec(text)
  if (link?.[1] && link[2]) return { tenant: link[1] === '@me' ? '' : link[1], room: link[2], thread: '' }
  const [whole, room, thread = ''] = new RegExp(`^(@${ID}|${ID}(?=/|$))(?:/(${ID}))?$`).exec(text) ?? []
  if (whole !== undefined && room !== undefined && !(room.startsWith('@') && thread !== ''))
    return { tenant: '', room, thread }
  throw new UserError(
    'discord-place',
    `"${given}" is no place in Discord. Give a channel's id, channel/thread, @ and a user's id, or the link of a channel (Copy Link).`,
  )
}
