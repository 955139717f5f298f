/** What stands open between two lines of Markdown: what a piece that ends there closes, and the next opens again. */
export interface Open {
  fence?: Fence
  /** The two lines of a table's head; empty where they are too long to be repeated. */
  table?: string
}

export interface Fence {
  /** What our own lines of it begin with: quote marks and indentation, as the opening line had them. */
  prefix: string
  marker: string
  /** The language, and what else stands behind the marker. */
  info: string
}

/** How much of a piece goes to what we add. */
export interface Room {
  /** For the closing of a fence. */
  closer: number
  /** For what is repeated at the top. */
  head: number
}

/** Quotes and list items that begin on this line, its indentation, a marker, the rest. */
const FENCE = /^((?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*)(`{3,}|~{3,})(.*)$/s
const CLOSING_FENCE = /^([ \t>]*)(`{3,}|~{3,})[ \t]*$/
const DELIMITER_ROW = /^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/
const HEADING = /^[ \t>]*#{1,6}[ \t]/

export const closingLine = ({ prefix, marker }: Fence) => `\n${prefix}${marker}`

/** With as much of what stood behind the marker as there is room for. */
export function openingLine({ prefix, marker, info }: Fence, room: Room): string {
  const lines = [info, info.split(/\s/, 1)[0] ?? ''].map((behind) => `${prefix}${marker}${behind}\n`)
  return lines.find((line) => line.length <= room.head) ?? `${prefix}${marker}\n`
}

/** What is open behind `line`, which follows `previous`. */
export function openAfter(line: string, previous: string, before: Open, room: Room): Open {
  const fence = fenceAfter(line, before.fence, room)
  if (fence) return fence === before.fence ? before : { fence }
  const table = before.fence ? undefined : tableAfter(line, previous, before.table, room)
  return table === undefined ? {} : { table }
}

/** A piece should not end behind it: a heading, the opening of a fence, the head of a table. */
export function leadsIn(line: string, previous: string, before: Open, after: Open): boolean {
  if (after.fence) return after.fence !== before.fence
  if (after.table !== undefined) return before.table === undefined
  return !before.fence && (HEADING.test(line) || (isRow(line) && !isRow(previous)))
}

export function closesFence(line: string, fence: Fence): boolean {
  const [, prefix = '', marker = ''] = CLOSING_FENCE.exec(line) ?? []
  return (
    marker.startsWith(fence.marker) &&
    quotesOf(prefix) === quotesOf(fence.prefix) &&
    prefix.length <= fence.prefix.length + 3
  )
}

/** A fence ends with the quote in which it stands. */
export const leavesFence = (line: string, fence: Fence) => quotesOf(line) < quotesOf(fence.prefix)

/** The marks of the quotes in which a line stands. */
export const quotePrefix = (line: string) => /^(?:[ \t]*>)+ ?/.exec(line)?.[0] ?? ''

function fenceAfter(line: string, open: Fence | undefined, room: Room): Fence | undefined {
  if (open && !leavesFence(line, open)) return closesFence(line, open) ? undefined : open
  const [, before = '', marker, info = ''] = FENCE.exec(line) ?? []
  if (marker === undefined || (marker.startsWith('`') && info.includes('`'))) return undefined
  const fence = { prefix: before.replace(/[^\s>]/g, ' '), marker, info: info.trim() }
  // One that is too long to be closed and opened again is left as it is.
  return closingLine(fence).length <= room.closer ? fence : undefined
}

function tableAfter(line: string, previous: string, table: string | undefined, room: Room): string | undefined {
  if (!line.includes('|')) return undefined
  if (table !== undefined || !previous.includes('|') || !DELIMITER_ROW.test(line)) return table
  const head = `${previous}\n${line}\n`
  return head.length <= room.head ? head : ''
}

const isRow = (line: string) => /^[ \t>]*\|/.test(line)
const quotesOf = (line: string) => /^[ \t>]*/.exec(line)?.[0].replace(/[^>]/g, '').length ?? 0
