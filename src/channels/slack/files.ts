import { z } from 'zod'
import type { Attachment } from '../channel.ts'

// What does not read is left out: the words beside it are worth more.
const word = z.string().nullish().catch(undefined)
const count = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).nullish().catch(undefined)

/** https://docs.slack.dev/reference/objects/file-object */
export const fileShape = z.object({
  name: word,
  title: word,
  mimetype: word,
  /** `slack_audio`: recorded in Slack. */
  subtype: word,
  size: count,
  duration_ms: count,
  mode: word,
  url_private: word,
  url_private_download: word,
})

type File = z.infer<typeof fileShape>

/** What is a file, and lies with Slack. The others are files elsewhere, canvases and lists, files that are deleted or too old. */
const READABLE = new Set(['hosted', 'snippet'])

/** What came with a message, and the names of that of it which nobody can fetch. */
export function readFiles(files: File[]): { attachments: Attachment[]; unreadable: string[] } {
  const attachments = files.map(toAttachment)
  return {
    attachments: attachments.filter((attachment) => attachment !== undefined),
    unreadable: files.filter((_, index) => !attachments[index]).map(nameOf),
  }
}

/** The agent does not get them; that it knows of them is better than an answer that misses the point. */
export function withUnreadable(text: string, names: string[]): string {
  const words = text.trim()
  return names.length === 0
    ? words
    : `${words}\n\n[With files in Slack that Drover cannot read: ${names.join(', ')}]`.trim()
}

/**
 * Slack may leave the files out of a mention, and only name them in its blocks. The same mention as a `message` has them, and both
 * have one key.
 */
export const leavesFilesOut = (files: File[], blocks: unknown) =>
  files.length === 0 && /"type":"file"/.test(JSON.stringify(blocks) ?? '')

function toAttachment(file: File): Attachment | undefined {
  const { mode, size, subtype, duration_ms: ms } = file
  const url = file.url_private_download ?? file.url_private
  if (!url || (typeof mode === 'string' && !READABLE.has(mode))) return undefined
  const isVoice = subtype === 'slack_audio'
  const mediaType = isVoice ? typeOfClip(file) : file.mimetype || 'application/octet-stream'
  return {
    kind: isVoice ? 'voice' : /^image\//i.test(mediaType) ? 'image' : 'file',
    ref: url,
    name: nameOf(file),
    mediaType,
    ...(typeof size === 'number' && { bytes: size }),
    ...(typeof ms === 'number' && { seconds: ms / 1000 }),
  }
}

const nameOf = ({ name, title }: File) => name || title || 'a file'

/** Slack says of what its own button records now `audio/webm`, now `video/mp4`, and now nothing. */
const typeOfClip = ({ mimetype, name }: File) =>
  mimetype?.replace(/^video\//, 'audio/') || (/\.webm$/i.test(name ?? '') ? 'audio/webm' : 'audio/mp4')
