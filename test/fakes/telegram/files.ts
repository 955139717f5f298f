/** Files that people send: as a message tells of them, and as a bot fetches them. */
import { Refusal } from './refusal.ts'
import type { Message, SentFile, World } from './world.ts'

/** Larger ones a bot is shown, and not given. */
const DOWNLOAD_BYTES = 20 * 1024 * 1024

/** The part of a message that tells of its file. */
export function toMedia(message: Message, { name, mediaType, content, kind = 'document' }: SentFile) {
  const basics = {
    file_id: idOf(message, kind),
    file_unique_id: `unique-${message.id}`,
    file_size: content.length,
  }
  const small = { file_id: `thumb-${message.id}`, file_unique_id: 'small', file_size: 1253, width: 90, height: 67 }
  const parts = {
    document: { ...basics, file_name: name, mime_type: mediaType },
    audio: { ...basics, file_name: name, mime_type: mediaType, duration: 185 },
    video: { ...basics, file_name: name, mime_type: mediaType, duration: 7, width: 640, height: 480 },
    // Those have no name.
    voice: { ...basics, mime_type: mediaType, duration: 3 },
    video_note: { ...basics, duration: 5, length: 240 },
    photo: [small, { ...basics, width: 1280, height: 960 }],
  }
  return { [kind]: parts[kind] }
}

const idOf = ({ id }: Message, kind: string) => `${kind}-${id}`

/** What `getFile` answers. From then on the file lies under its path. */
export function openFile(fileId: string, { messages, paths, isLocal }: World) {
  const message = messages.find(({ id, document }) => document && fileId === `${document.kind ?? 'document'}-${id}`)
  if (!message?.document) throw new Refusal(400, 'Bad Request: invalid file_id')
  const { content, kind = 'document' } = message.document
  if (content.length > DOWNLOAD_BYTES) throw new Refusal(400, 'Bad Request: file is too big')
  const path = `${kind}s/file_${message.id}.bin`
  paths.set(path, content)
  const filePath = isLocal ? `/var/lib/telegram-bot-api/111:AA/${path}` : path
  return { file_id: fileId, file_unique_id: `unique-${message.id}`, file_size: content.length, file_path: filePath }
}
