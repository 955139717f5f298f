/** What a person sees of a message: Markdown and mrkdwn rendered, and who was notified by it. */
import { marked, type Token, type Tokens } from 'marked'
import { textOf, type Block } from './block-rules.ts'

export interface SlackFile {
  id: string
  name: string
  [detail: string]: unknown
}

/** A message as the Web API tells it. */
export interface Message {
  ts: string
  subtype?: string
  thread_ts?: string
  user?: string
  bot_id?: string
  text?: string
  blocks?: Block[]
  files?: SlackFile[]
}

export interface Seen {
  ts: string
  text: string
  code: string[]
  links: string[]
  buttons: { label: string; value: string }[]
  notified: string[]
}

/** Where there are blocks, the text is for notifications only; but it notifies. */
export function seeMessage({ ts, text = '', blocks = [] }: Message): Seen {
  const seen: Seen = { ts, text: '', code: [], links: [], buttons: [], notified: [] }
  const lines = blocks.flatMap((block) => {
    if (block.type === 'markdown') return seeMarkdown(textOf(block), seen)
    if (block.type === 'section') return seeMrkdwn(textOf(block), seen)
    for (const { text: label, value = '' } of block.elements ?? [])
      seen.buttons.push({ label: label?.text ?? '', value })
    return []
  })
  const shown = lines.length > 0 ? lines.join('\n') : blocks.length > 0 ? '' : seeMrkdwn(text, seen)
  return {
    ...seen,
    text: withoutGaps(shown).trim(),
    code: seen.code.map(withoutGaps),
    notified: notifiedBy(text, blocks),
  }
}

/** What nobody sees stands in a name that must not be notified. */
const withoutGaps = (text: string) => text.replaceAll('\u200b', '')

/** Slack documents nothing for mentions in Markdown blocks: here each of them notifies, also in code. */
function notifiedBy(text: string, blocks: Block[]): string[] {
  const sources = [text, ...blocks.map(textOf)]
  const decoded = blocks.filter(({ type }) => type === 'markdown').map((block) => unescapeMarkdown(textOf(block)))
  return [...sources, ...decoded].flatMap((source) => [
    ...[...source.matchAll(/<[!@]([^\s<>|]+)/g)].map(([, whom = '']) => whom),
    ...[...source.matchAll(/@(here|channel|everyone)\b/gi)].map(() => 'everyone'),
  ])
}

const unescapeMarkdown = (text: string) =>
  decodeEntities(text)
    .replaceAll(/&#0*60;|&#x0*3c;/gi, '<')
    .replaceAll(/&#0*33;|&excl;/gi, '!')
    .replaceAll(/&#0*64;|&commat;/gi, '@')
    .replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')

function seeMarkdown(source: string, seen: Seen): string {
  const visit = (tokens: Token[]): string => tokens.map(see).join('')
  function see(token: Token): string {
    switch (token.type) {
      case 'space':
      case 'def':
        return '\n'
      case 'code':
      case 'codespan':
        seen.code.push(token['text'])
        return token.type === 'code' ? `${token['text']}\n` : token['text']
      case 'link':
      case 'image':
        if (/^https?:/.test(token['href'])) seen.links.push(token['href'])
        return token.type === 'link' ? visit((token as Tokens.Link).tokens) : token['text']
      case 'list':
        return (token as Tokens.List).items.map((item) => `${visit(item.tokens)}\n`).join('')
      case 'table': {
        const { header, rows } = token as Tokens.Table
        return [header, ...rows].map((row) => `${row.map((cell) => visit(cell.tokens)).join(' ')}\n`).join('')
      }
      case 'br':
        return '\n'
      case 'paragraph':
      case 'heading':
      case 'blockquote':
        return `${visit(token.tokens ?? [])}\n`
      default:
        return 'tokens' in token && token.tokens
          ? visit(token.tokens)
          : decodeEntities(token.type === 'text' ? token['text'] : token.raw)
    }
  }
  return visit(marked.lexer(source))
}

function seeMrkdwn(source: string, seen: Seen): string {
  return source
    .split(/(```[^]*?```|`[^`\n]+`)/)
    .map((part, index) => {
      if (index % 2 === 0) return seePlain(part, seen)
      const code = decodeEntities(part.replace(/^(```|`)\n?([^]*?)\n?\1$/, '$2'))
      seen.code.push(code)
      return code
    })
    .join('')
}

const seePlain = (text: string, seen: Seen) =>
  decodeEntities(
    text
      .replace(/<(https?:[^|>]+)(?:\|([^>]*))?>/g, (_, url: string, label?: string) => {
        seen.links.push(url)
        return label ?? url
      })
      .replace(/(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])/g, '$1')
      .replace(/(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])/g, '$1'),
  )

const decodeEntities = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
