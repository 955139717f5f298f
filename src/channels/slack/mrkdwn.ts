/**
 * Markdown in Slack's older dialect, mrkdwn, for workspaces that refuse the Markdown block. What mrkdwn has no word for, such as a
 * table, stays as it was written: nothing is left out.
 */
import { calm } from './calm.ts'

/** Slack's limit is 3,000; the rest is for a fence that is closed here and opened again in the next section. */
const SECTION_LENGTH = 2900
const FENCE = '```'

/** `<` and `>` would begin what Slack reads as a link, `&lt;` would become one. */
export const escapeText = (text: string) =>
  text
    .replace(/&(?=(?:amp|lt|gt);)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')

interface Line {
  text: string
  isCode: boolean
}

/** All of it as one text. */
export function toMrkdwn(markdown: string): string {
  return join(readLines(markdown))
}

/** All of it in pieces that fit into a section each; code that is cut is code on both sides. */
export function sectionsOf(markdown: string): string[] {
  const sections: Line[][] = []
  let section: Line[] = []
  let length = 0
  for (const line of readLines(markdown).flatMap(cutLine)) {
    if (length + line.text.length + 1 > SECTION_LENGTH) {
      sections.push(section)
      section = []
      length = 0
    }
    section.push(line)
    length += line.text.length + 1
  }
  sections.push(section)
  // Slack refuses an empty section. A cut may have made a mention of what was none: "@hereby" after its first five letters.
  return sections.map((lines) => calm(join(lines))).filter((text) => text.trim() !== '')
}

function readLines(markdown: string): Line[] {
  const lines: Line[] = []
  let fence = ''
  for (const line of calm(markdown).split(/\r?\n/)) {
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line)
    if (mark?.[1] !== undefined && fence === '' && !(mark[1].startsWith('`') && mark[2]?.includes('`'))) {
      fence = mark[1]
      // Slack has no place for the language.
      continue
    }
    if (mark?.[1]?.startsWith(fence) && fence !== '' && mark[2]?.trim() === '') {
      fence = ''
      continue
    }
    const isCode = fence !== ''
    // A fence inside of code would end it.
    lines.push({ isCode, text: isCode ? escapeText(line).replaceAll(FENCE, '`\u200b`\u200b`') : convertLine(line) })
  }
  return lines
}

function join(lines: Line[]): string {
  const parts: string[] = []
  let isOpen = false
  for (const { text, isCode } of lines) {
    if (isCode !== isOpen) parts.push(FENCE)
    isOpen = isCode
    parts.push(text)
  }
  if (isOpen) parts.push(FENCE)
  return parts.join('\n')
}

/** A line that is longer than a section, in parts; neither an entity nor a character is cut in two. */
function cutLine(line: Line): Line[] {
  if (line.text.length < SECTION_LENGTH) return [line]
  const parts = ['']
  for (const [unit] of line.text.matchAll(/&(?:amp|lt|gt);|[^]/gu)) {
    const last = parts.at(-1) ?? ''
    if (last.length + unit.length < SECTION_LENGTH) parts[parts.length - 1] = last + unit
    else parts.push(unit)
  }
  return parts.map((text) => ({ ...line, text }))
}

function convertLine(line: string): string {
  const heading = /^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$/.exec(line)
  if (heading?.[1]) return bold(convertSpans(heading[1]))
  const quote = /^((?:\s*>)+)(.*)$/.exec(line)
  if (quote) return `${quote[1]}${convertSpans(quote[2] ?? '')}`
  const item = /^(\s*)[-*+]\s+(.*)$/.exec(line)
  if (item) return `${item[1]}• ${convertSpans(item[2] ?? '')}`
  return convertSpans(line)
}

/** Slack cannot nest it. */
const bold = (text: string) => (text.includes('*') ? text : `*${text}*`)

/** Inline code stays as it is; between the pieces of it, marks become Slack's. */
function convertSpans(text: string): string {
  return text
    .split(/(`+[^`]+`+)/)
    .map((part, index) => (index % 2 === 1 ? escapeText(part) : convertMarks(escapeText(part))))
    .join('')
}

function convertMarks(text: string): string {
  return text
    .replace(/!?\[([^\]]+)\]\((https?:\/\/[^\s()|]+(?:\([^\s()|]*\)[^\s()|]*)*)\)/g, '<$2|$1>')
    .replace(/(?<![\w*])\*(?![*\s])([^*]+?)(?<!\s)\*(?![\w*])/g, '_$1_')
    .replace(/\*\*\*(?=\S)(.+?)(?<=\S)\*\*\*/g, '*_$1_*')
    .replace(/\*\*(?=\S)(.+?)(?<=\S)\*\*/g, '*$1*')
    .replace(/(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)/g, '*$1*')
    .replace(/~~(?=\S)(.+?)(?<=\S)~~/g, '~$1~')
}
