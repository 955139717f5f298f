import type { ChannelLimits, Outgoing } from '../channels/channel.ts'
import { splitMarkdown } from './split-markdown.ts'

export interface FittedAnswer {
  /** A message each, in order. */
  pieces: string[]
  /** The whole answer, where there are too many pieces: sent with the only one. */
  file?: NonNullable<Outgoing['file']> & { name: 'answer.md'; mediaType: 'text/markdown' }
}

/**
 * An answer as a channel can take it: in pieces; where they are too many, the first and a file; where no file can be sent, as many
 * as it takes. `whereWhole` says how to see all of it then: `drover task show tsk_…`.
 */
export function fitAnswer(
  markdown: string,
  limits: Pick<ChannelLimits, 'text' | 'pieces' | 'fileBytes'>,
  whereWhole: string,
): FittedAnswer {
  const pieces = splitMarkdown(markdown, { limit: limits.text })
  if (pieces.length <= limits.pieces) return { pieces }
  const content = new TextEncoder().encode(markdown)
  if (content.length > limits.fileBytes) return { pieces: leaveOut(pieces, content.length, limits, whereWhole) }
  const note = `The whole answer is in the file answer.md (${kilobytes(content.length)}).`
  return {
    pieces: [withNote(markdown, note, limits.text)],
    file: { name: 'answer.md', mediaType: 'text/markdown', content },
  }
}

function leaveOut(
  pieces: readonly string[],
  wholeBytes: number,
  limits: Pick<ChannelLimits, 'text' | 'pieces'>,
  whereWhole: string,
): string[] {
  const shown = pieces.slice(0, limits.pieces - 1)
  const last = pieces[limits.pieces - 1] ?? ''
  const note = (leftBytes: number) => `${kilobytes(leftBytes)} more are left out here. All of it: ${whereWhole}`
  // No note is longer than the one that leaves out everything.
  const shortened = begin(last, limits.text - note(wholeBytes).length - 2)
  const shownBytes = [...shown, shortened].reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
  return [...shown, `${shortened}\n\n${note(wholeBytes - shownBytes)}`]
}

const withNote = (markdown: string, note: string, limit: number) =>
  `${begin(markdown, limit - note.length - 2)}\n\n${note}`

const begin = (markdown: string, limit: number) => splitMarkdown(markdown, { limit })[0] ?? ''

/** As people count: a thousand bytes. What is there is not nothing. */
const kilobytes = (bytes: number) => `${Math.max(1, Math.round(bytes / 1000))} kB`
