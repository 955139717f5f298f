import { z } from 'zod'
import type { Attachment } from '../channel.ts'
import { storable } from './storable.ts'

/** What a bot may fetch: https://core.telegram.org/bots/api#getfile */
const FETCHED_BYTES = 20_000_000

// What does not read is left out: the words beside it are worth more.
const count = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).optional().catch(undefined)
const word = z.string().optional().catch(undefined)
const file = z.object({ file_id: z.string(), file_name: word, mime_type: word, file_size: count, duration: count })
const oneFile = file.optional().catch(undefined)

type File = z.infer<typeof file>

/** What may come with a message, or instead of its text. https://core.telegram.org/bots/api#message */
export const mediaShape = {
  voice: oneFile,
  audio: oneFile,
  document: oneFile,
  video: oneFile,
  video_note: oneFile,
  /** One picture in several sizes, the largest last. */
  photo: z.array(file).default([]).catch([]),
}

/** A message has one of them at most: an album comes as several messages. */
export function attachmentsOf({
  voice,
  audio,
  document,
  video,
  video_note: note,
  photo,
}: z.infer<z.ZodObject<typeof mediaShape>>): Attachment[] {
  const picture = photo.findLast(({ file_size: bytes = 0 }) => bytes <= FETCHED_BYTES) ?? photo[0]
  const documentKind = /^image\//i.test(document?.mime_type ?? '') ? 'image' : 'file'
  return [
    ...read(voice, 'voice', 'voice.ogg', 'audio/ogg'),
    // Music, or speech that was recorded elsewhere: not meant as the words of the message.
    ...read(audio, 'file', 'audio', 'audio/mpeg'),
    ...read(picture, 'image', 'photo.jpg', 'image/jpeg'),
    ...read(document, documentKind, 'file', 'application/octet-stream'),
    ...read(video, 'file', 'video.mp4', 'video/mp4'),
    ...read(note, 'file', 'video-note.mp4', 'video/mp4'),
  ]
}

/** A name and a type where Telegram tells none, as it does for what its own apps record. */
function read(file: File | undefined, kind: Attachment['kind'], name: string, mediaType: string): Attachment[] {
  if (!file) return []
  const { file_id: ref, file_name: ownName, mime_type: ownType, file_size: bytes, duration: seconds } = file
  return [
    {
      kind,
      ref: storable(ref),
      name: storable(ownName || name),
      mediaType: storable(ownType || mediaType),
      ...(bytes !== undefined && { bytes }),
      ...(seconds !== undefined && { seconds }),
    },
  ]
}
