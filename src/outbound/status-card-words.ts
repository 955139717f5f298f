import { plainText } from '../lib/log.ts'

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** They would turn around what stands behind them on the line. */
const DIRECTIONS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const MARKUP = /[\\`*_[\]<>~|&$]/g

/** Foreign text as one line that shows what it says, and does nothing; at most `most` UTF-16 units, what is added included. */
export function escaped(text: string, most: number): string {
  // A whole file in a title is not searched for its end.
  const line = plainText(text.slice(0, 20 * most).toWellFormed())
    .replace(DIRECTIONS, '')
    .replace(/\s+/g, ' ')
    .trim()
  const safe = escapeMarkup(line)
  if (safe.length <= most) return safe
  let shown = ''
  for (const { segment } of segmenter.segment(line)) {
    const longer = escapeMarkup(shown + segment)
    if (longer.length >= most) break
    shown += segment
  }
  return `${escapeMarkup(shown)}…`
}

const escapeMarkup = (line: string) =>
  line
    .replace(MARKUP, String.raw`\$&`)
    // What would make a list, a heading or a rule of the line.
    .replace(/^[-+#=]/, String.raw`\$&`)
    .replace(/^(\d+)([.)])/, String.raw`$1\$2`)

/**
 * How long something takes so far, or took. While it goes on it is told in steps, and nothing is told of the first seconds: a card
 * is not edited for a second more.
 */
export function elapsedText(ms: number, isOver: boolean): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (isOver) return duration(Math.max(1, seconds))
  const stepSeconds = seconds < 60 ? 5 : seconds < 600 ? 30 : seconds < 3600 ? 60 : 300
  const told = seconds - (seconds % stepSeconds)
  return told === 0 ? '' : duration(told)
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return twoParts(seconds, 60, 'min', 's')
  if (seconds < 86_400) return twoParts(Math.floor(seconds / 60), 60, 'h', 'min')
  return twoParts(Math.floor(seconds / 3600), 24, 'd', 'h')
}

function twoParts(count: number, size: number, large: string, small: string): string {
  const rest = count % size
  return `${Math.floor(count / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

/** What has no known price is not free. */
export function costText(usd: number | null): string {
  if (usd === null) return 'cost unknown'
  return `$${usd > 0 && usd < 0.01 ? usd.toFixed(4) : usd.toFixed(2)}`
}
