import { marked, type Token, type Tokens } from 'marked'

/** Where a match stands: in words that people read, in a quote, in code, or in HTML. */
export type Standing = 'words' | 'quote' | 'code' | 'html'

/** Two characters that Unicode keeps for such use, and that no text may contain. */
const [OPEN, CLOSE] = ['\uFDD0', '\uFDD1']
/** Thirty quotes or lists in one another: marked takes seconds for thousands, or overflows. */
const TOO_DEEP = /^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])){30,}/gm
const NUMBERED = new RegExp(`${OPEN}(\\d+)${CLOSE}`, 'g')

/**
 * Replaces each match of `pattern` (global), by where it stands in the Markdown. All else stays as it is, byte for byte.
 *
 * Each match becomes a numbered mark, and the blocks are read with marks in them: so no position has to be followed through lists
 * and quotes. Only marked's blocks are read: its inline part needs half a minute for 60,000 stars, and anybody may write a comment.
 */
export function replaceByStanding(
  markdown: string,
  pattern: RegExp,
  replace: (match: string, standing: Standing) => string,
): string {
  const matches: string[] = []
  const numbered = markdown
    .replaceAll(/[\uFDD0\uFDD1]/g, '')
    .replace(pattern, (match) => `${OPEN}${matches.push(match) - 1}${CLOSE}`)
  if (matches.length === 0) return markdown
  const standings = standingsIn(numbered)
  // What is found nowhere stands in a part that is not shown, such as the address of a reference.
  return numbered.replace(NUMBERED, (_, n: string) => replace(matches[Number(n)] ?? '', standings.get(n) ?? 'html'))
}

function standingsIn(numbered: string): Map<string, Standing> {
  const standings = new Map<string, Standing>()
  const note = (text: string, standing: Standing) => {
    for (const [, n = ''] of text.matchAll(NUMBERED)) standings.set(n, standing)
  }

  function visit(tokens: Token[], words: 'words' | 'quote') {
    for (const token of tokens) {
      if (token.type === 'code') note(token.raw, 'code')
      else if (token.type === 'html') note(token.raw, 'html')
      else if (token.type === 'blockquote') visit(token.tokens ?? [], 'quote')
      else if (token.type === 'list') for (const item of (token as Tokens.List).items) visit(item.tokens, words)
      else if (token.type === 'table') {
        const { header, rows } = token as Tokens.Table
        for (const cell of [header, ...rows].flat()) visitWords(cell.text, words)
      } else visitWords(token.raw, words)
    }
  }

  function visitWords(raw: string, words: 'words' | 'quote') {
    note(raw, words)
    for (const span of codeSpansIn(raw)) note(span, 'code')
  }

  try {
    visit(new marked.Lexer().blockTokens(numbered.replaceAll(TOO_DEEP, '> '), []), 'words')
  } catch (error) {
    // Deeper than its stack, by some way that is not thought of above. Nobody reads that either.
    if (!(error instanceof RangeError)) throw error
  }
  return standings
}

/** As CommonMark has them: from a run of backticks to the next run of the same length. */
function codeSpansIn(text: string): string[] {
  const runs = [...text.matchAll(/`+/g)].filter(({ index }) => text[index - 1] !== '\\')
  const nextOf = new Map<number, number>()
  // Of each run, the next one that is as long: found from behind, so that it takes one pass.
  const closing = runs
    .toReversed()
    .map(([ticks], fromEnd) => {
      const next = nextOf.get(ticks.length)
      nextOf.set(ticks.length, runs.length - 1 - fromEnd)
      return next
    })
    .toReversed()
  const spans: string[] = []
  for (let at = 0; at < runs.length; at++) {
    const end = closing[at]
    const [first, last] = [runs[at], end === undefined ? undefined : runs[end]]
    if (end === undefined || !first || !last) continue
    spans.push(text.slice(first.index, last.index + last[0].length))
    at = end
  }
  return spans
}
