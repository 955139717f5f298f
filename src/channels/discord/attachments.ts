import { z } from 'zod'
import type { Attachment } from '../channel.ts'
import { snowflake, storable } from './wire.ts'

// What does not read is left out: the words beside it are worth more.
const word = z.string().nullish().catch(undefined)
const count = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).nullish().catch(undefined)

/** https://docs.discord.com/developers/resources/message#attachment-object */
export const attachmentShape = z.object({
  id: snowflake,
  filename: word,
  content_type: word,
  size: count,
  duration_secs: count,
  /** Of what the microphone in Discord recorded. */
  waveform: word,
})

/** Where a file stands: its address is signed and good for a day, so it is asked for when the file is fetched. */
const REF = /^(\d+)\/(\d+)\/(\d+)$/

export function readRef(ref: string): { channel: string; message: string; id: string } | undefined {
  const [whole, channel = '', message = '', id = ''] = REF.exec(ref) ?? []
  return whole === undefined ? undefined : { channel, message, id }
}

export function toAttachment(
  { id, filename, content_type: type, size, duration_secs: seconds, waveform }: z.infer<typeof attachmentShape>,
  { channel, message }: { channel: string; message: string },
): Attachment {
  const mediaType = storable(type || 'application/octet-stream')
  return {
    kind: waveform ? 'voice' : /^image\//i.test(mediaType) ? 'image' : 'file',
    ref: `${channel}/${message}/${id}`,
    name: storable(filename || 'file'),
    mediaType,
    ...(typeof size === 'number' && { bytes: size }),
    ...(typeof seconds === 'number' && { seconds }),
  }
}
