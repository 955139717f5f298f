import { leadsIn, openAfter, quotePrefix, type Open, type Room } from './split-markdown-open.ts'

/** Where a piece begins. */
export interface Start {
  at: number
  open: Open
  /** Only within a line: the quote marks, or the indentation of the fence, in which the line goes on. */
  lead?: string
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Where the piece that begins with `window` ends and the next begins; `at` counts within the window. The window is one character
 * longer than the piece may be, and nothing else is looked at: more text behind it cannot move the cut.
 */
export function findCut(window: string, start: Omit<Start, 'at'>, room: Room): Start {
  const { paragraph, line, rest } = lineEnds(window, start, room)
  if (paragraph && paragraph.at >= window.length / 2) return paragraph
  if (line && line.at >= window.length / 4) return line
  return cutLine(window, rest, room)
}

/** The last line, of which the window does not have the end. */
interface Rest extends Start {
  previous: string
}

/** The last place between two paragraphs, the last between two lines, and what is left behind the last line. */
function lineEnds(window: string, start: Omit<Start, 'at'>, room: Room) {
  let paragraph: Start | undefined
  let line: Start | undefined
  let leads = false
  let rest: Rest = { ...start, at: 0, previous: '' }
  for (let end = window.indexOf('\n'); end >= 0; end = window.indexOf('\n', rest.at)) {
    const text = window.slice(rest.at, end)
    const isBlank = text.trim() === ''
    const before = rest.open
    const open = openBehind(text, rest, room)
    if (!isBlank) leads = leadsIn(text, rest.previous, before, open)
    if (!leads) {
      line = { at: end + 1, open }
      if (!open.fence && (isBlank || before.fence)) paragraph = line
    }
    rest = { at: end + 1, open, previous: text }
  }
  return { paragraph, line, rest }
}

/** The rest of a line that was cut opens and closes nothing. */
const openBehind = (text: string, { open, lead, previous }: Rest, room: Room) =>
  lead === undefined ? openAfter(text, previous, open, room) : open

/** Cuts the last line behind a word in the second half of the window, else behind a grapheme. */
function cutLine(window: string, rest: Rest, room: Room): Start {
  const at = lastWordEnd(window, rest.at) ?? lastGraphemeEnd(window)
  if (at <= rest.at) {
    if (rest.at > 0) return { at: rest.at, open: rest.open }
    return { at: lastCodePointEnd(window), open: rest.open, lead: rest.lead ?? '' }
  }
  const text = window.slice(rest.at, at)
  const open = openBehind(text, rest, room)
  const lead = open.fence?.prefix ?? rest.lead ?? quotePrefix(text)
  return { at, open, lead: lead.length <= room.closer ? lead : '' }
}

function lastWordEnd(window: string, from: number): number | undefined {
  // Two units are left behind it: whether they belong to it must be known.
  const last = window.length - 3
  const at = Math.max(window.lastIndexOf(' ', last), window.lastIndexOf('\t', last)) + 1
  if (at <= from || at < window.length / 2) return undefined
  return graphemeStart(window, at) === at ? at : undefined
}

function lastGraphemeEnd(window: string): number {
  const last = window.length - 1
  // Of a character whose second half lies behind the window nobody knows whether it belongs to the one before.
  return graphemeStart(window, isHighSurrogate(window, last) ? last - 1 : last)
}

function lastCodePointEnd(window: string): number {
  const last = window.length - 1
  return isHighSurrogate(window, last - 1) ? last - 1 : last
}

/** Where the grapheme begins to which the UTF-16 unit at `at` belongs. */
const graphemeStart = (text: string, at: number) => segmenter.segment(text).containing(at)?.index ?? 0

const isHighSurrogate = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xd800
