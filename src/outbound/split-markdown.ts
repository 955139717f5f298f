import { findCut, type Start } from './split-markdown-cut.ts'
import {
  closesFence,
  closingLine,
  leavesFence,
  openAfter,
  openingLine,
  type Open,
  type Room,
} from './split-markdown-open.ts'

/** Below this there is no room for what has to be added. */
const SMALLEST_LIMIT = 16
/** Invisible. In front of what would begin a fence, a list or a quote only because the line was cut there. */
const GUARD = '\u200b'

/**
 * Cuts Markdown into pieces of at most `limit` UTF-16 units, between paragraphs, else lines, else words, else graphemes; only one
 * that is longer than a piece is cut at a code point. A fence is closed at the end of a piece and opened again in the next, the
 * head of a table is repeated. Nothing is lost but white space at cuts.
 *
 * While the text grows, earlier pieces stay as they are: each cut follows from no more text than does not fit into its piece.
 */
export function splitMarkdown(text: string, { limit }: { limit: number }): string[] {
  if (limit < SMALLEST_LIMIT) throw new RangeError(`No piece has less than ${SMALLEST_LIMIT} characters, not ${limit}.`)
  const room: Room = { closer: Math.min(32, Math.floor(limit / 8)), head: Math.floor(limit / 4) }
  const source = text.replace(/\r\n?/g, '\n').trimEnd()
  const pieces: string[] = []
  let start = skipBlank(source, { at: 0, open: {} })
  while (start) {
    const head = headOf(source, start, room)
    const space = limit - head.length - room.closer
    const end = endOf(source, start, space, room)
    const body = source.slice(start.at, end.at)
    // An indentation may be longer than a piece.
    if (body.trim() !== '') pieces.push(render(head, body, start, room))
    start = skipBlank(source, end)
  }
  return pieces
}

/** Where the piece at `start` ends, with at most `space` characters of the text. */
function endOf(source: string, start: Start, space: number, room: Room): Start {
  if (isLast(source, start, space, room)) return { at: source.length, open: {} }
  const cut = findCut(source.slice(start.at, start.at + space + 1), start, room)
  return { ...cut, at: start.at + cut.at }
}

/**
 * Whether all the rest fits. Once it does not, more text never makes it fit: that is why the room for a closing is kept even where
 * the fence is closed, and only text without any fence may fill it.
 */
function isLast(source: string, { at, open }: Start, space: number, room: Room): boolean {
  const length = source.length - at
  if (length <= space) return true
  return length <= space + room.closer && !open.fence && !/`{3}|~{3}/.test(source.slice(at))
}

/** On to the next text that a piece can begin with; undefined at the end. */
function skipBlank(source: string, start: Start): Start | undefined {
  const text = nextText(source, start.at)
  if (text === undefined) return undefined
  const breakAt = source.slice(start.at, text).lastIndexOf('\n')
  if (start.lead !== undefined && breakAt < 0) return { ...start, at: text }
  const at = start.at + breakAt + 1
  const { fence } = start.open
  if (!fence) return { at, open: start.open }
  const line = lineAt(source, at)
  if (leavesFence(line, fence)) return { at, open: {} }
  // A fence that ends right here is not opened again.
  return closesFence(line, fence) ? skipBlank(source, { at: at + line.length, open: {} }) : { at, open: start.open }
}

/** What a piece repeats: the opening of the fence or the head of the table in which it begins. */
function headOf(source: string, { at, open, lead }: Start, room: Room): string {
  const repeated = open.fence ? openingLine(open.fence, room) : tableHead(source, at, open, room)
  return lead === undefined ? repeated : `${repeated}${lead}${guardOf(source, at, open)}`
}

const tableHead = (source: string, at: number, { table = '' }: Open, room: Room) =>
  lineAt(source.slice(at, at + room.head), 0).includes('|') ? table : ''

function guardOf(source: string, at: number, { fence }: Open): string {
  const block = fence ? /^[ \t]{0,3}(?:`{3}|~{3})/ : /^(?:`{3}|~{3}|[-*_]{3}|>|#{1,6}\s|[-+*]\s|\d{1,9}[.)]\s)/
  return block.test(source.slice(at, at + 11)) ? GUARD : ''
}

function render(head: string, body: string, start: Start, room: Room): string {
  const { fence } = openAtEnd(body.trimEnd(), start, room)
  const piece = (head + body).trimEnd() + (fence ? closingLine(fence) : '')
  return start.at === 0 ? piece : outdent(piece, room)
}

function openAtEnd(text: string, start: Start, room: Room): Open {
  let { open } = start
  let previous = ''
  for (const [index, line] of text.split('\n').entries()) {
    if (index > 0 || start.lead === undefined) open = openAfter(line, previous, open, room)
    previous = line
  }
  return open
}

/** Without the list around it, what is indented by four would be shown as code, and a fence closed in another column than it was opened. */
function outdent(piece: string, room: Room): string {
  let depth = /^(?: +(?=`{3}|~{3})| {4,}(?=(?:[-*+]|\d{1,9}[.)])[ \t]))/.exec(piece)?.[0].length ?? 0
  if (depth === 0) return piece
  let open: Open = {}
  const lines = piece.split('\n').map((line) => {
    const indent = /^ */.exec(line)?.[0].length ?? 0
    // Outside of fences, a line further to the left belongs to a list further out.
    if (!open.fence && indent < line.length) depth = Math.min(depth, indent)
    open = openAfter(line, '', open, room)
    return line.slice(Math.min(depth, indent))
  })
  return lines.join('\n')
}

function nextText(source: string, from: number): number | undefined {
  const visible = /\S/g
  visible.lastIndex = from
  return visible.exec(source)?.index
}

function lineAt(source: string, from: number): string {
  const end = source.indexOf('\n', from)
  return source.slice(from, end < 0 ? undefined : end)
}
