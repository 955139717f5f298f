/** What a person sees of a comment: Markdown rendered, HTML comments gone, and who was notified by it. */
import { marked, type Token, type Tokens } from 'marked'

export interface Seen {
  text: string
  code: string[]
  links: string[]
  /** What can be chosen, and what to write for it. */
  choices: { label: string; words: string }[]
  notified: string[]
  /** Issues that a closing keyword points to. */
  closes: string[]
}

const CHOICE = /^- \*\*(.+)\*\*: write `(@\S+ answer \S+ \S+)`$/

export function seeComment(body: string): Seen {
  const lines = body.split('\n')
  const choices: Seen['choices'] = []
  for (let match = CHOICE.exec(lines.at(-1) ?? ''); match; match = CHOICE.exec(lines.at(-1) ?? '')) {
    choices.unshift({ label: match[1]!.replaceAll(/\\(.)/g, '$1'), words: match[2]! })
    lines.pop()
  }
  const seen: Seen = { text: '', code: [], links: [], choices, notified: [], closes: [] }
  const text = read(marked.lexer(lines.join('\n')), seen)
  for (const [, name = ''] of text.prose.matchAll(/(?:^|[^\w/])@([a-z\d][a-z\d-]*)/gi)) seen.notified.push(name)
  for (const [, issue = ''] of text.all.matchAll(
    /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|duplicate of):?\s+(\S*#\d+|https?:\S+)/gi,
  ))
    seen.closes.push(issue)
  return { ...seen, text: withoutGaps(text.all).trim(), code: seen.code.map(withoutGaps) }
}

/** What nobody sees stands in a name that must not be notified. */
const withoutGaps = (text: string) => text.replaceAll('\u200b', '')

/** In `prose` code and links are a blank that joins nothing: there GitHub looks for no names. */
function read(source: Token[], seen: Seen): { all: string; prose: string } {
  let all = ''
  let prose = ''
  const add = (text: string, isProse = true) => {
    all += text
    prose += isProse ? text : '\0'
  }
  const visit = (tokens: Token[]) => tokens.forEach(see)
  function see(token: Token): void {
    switch (token.type) {
      case 'space':
      case 'def':
      case 'br':
        return add('\n')
      case 'html':
        return
      case 'code':
      case 'codespan':
        seen.code.push(token['text'])
        return add(token.type === 'code' ? `${token['text']}\n` : token['text'], false)
      case 'link':
      case 'image': {
        if (/^https?:/.test(token['href'])) seen.links.push(token['href'])
        const inside = token.type === 'link' ? read((token as Tokens.Link).tokens, seen).all : String(token['text'])
        return add(inside, false)
      }
      case 'list':
        for (const item of (token as Tokens.List).items) {
          visit(item.tokens)
          add('\n')
        }
        return
      case 'table': {
        const { header, rows } = token as Tokens.Table
        for (const row of [header, ...rows]) {
          for (const cell of row) {
            visit(cell.tokens)
            add(' ')
          }
          add('\n')
        }
        return
      }
      default:
        if ('tokens' in token && token.tokens) visit(token.tokens)
        else add(decoded(token.type === 'text' || token.type === 'escape' ? token['text'] : token.raw))
        if (token.type === 'paragraph' || token.type === 'heading') add('\n')
    }
  }
  visit(source)
  return { all, prose }
}

const decoded = (text: string) =>
  text
    .replaceAll(/&#0*64;|&#x0*40;|&commat;/gi, '@')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
