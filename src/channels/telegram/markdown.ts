import { blockquote, bold, code, italic, join, link, pre, strikethrough } from '@gramio/format'
import { lexer, type MarkedToken, type Token, type Tokens } from 'marked'

type Formatted = ReturnType<typeof join>

/**
 * Markdown as Telegram has it: a text, and where in it something is bold or code. The package's own `markdownToFormattable` runs
 * the blocks of a list item into one line ("Run:npm test") and drops the box of a task: hence this walk.
 */
export function toFormatted(markdown: string): Formatted {
  return blocks(lexer(markdown), 0)
}

function blocks(tokens: Token[], depth: number): Formatted {
  const parts: (Formatted | string)[] = []
  let gap = ''
  // Without extensions, marked makes no other tokens.
  for (const token of tokens as MarkedToken[]) {
    if (token.type === 'def') continue
    if (token.type === 'space') {
      gap = gap && '\n\n'
      continue
    }
    parts.push(gap, block(token, depth))
    gap = token.raw.endsWith('\n\n') ? '\n\n' : '\n'
  }
  return join(parts, '')
}

function block(token: MarkedToken, depth: number): Formatted {
  if (token.type === 'heading') return bold(inline(token.tokens))
  if (token.type === 'blockquote') return blockquote(blocks(token.tokens, 0))
  if (token.type === 'code') return pre(token.text, token.lang?.split(/\s/)[0] || undefined)
  // Columns stand below one another only where all letters are of one width.
  if (token.type === 'table') return pre(token.raw.trim())
  if (token.type === 'list') return list(token, depth)
  if (token.type === 'paragraph') return inline(token.tokens)
  return leaf(token)
}

function list({ items, ordered, start }: Tokens.List, depth: number): Formatted {
  const indent = '  '.repeat(depth)
  return join(
    items,
    (item, at) => {
      const mark = ordered ? `${Number(start) + at}.` : '•'
      const box = item.task ? (item.checked ? '☑ ' : '☐ ') : ''
      return join([`${indent}${mark} ${box}`, itemContent(item, depth + 1)], '')
    },
    '\n',
  )
}

/** Code and lists begin on a line of their own, also where they come first. */
function itemContent({ tokens }: Tokens.ListItem, depth: number): Formatted {
  const isBlock = tokens[0]?.type === 'list' || tokens[0]?.type === 'code'
  return join([isBlock ? '\n' : '', blocks(tokens, depth)], '')
}

const inline = (tokens: Token[]): Formatted => join(tokens as MarkedToken[], leaf, '')

function leaf(token: MarkedToken): Formatted {
  if (token.type === 'strong') return bold(inline(token.tokens))
  if (token.type === 'em') return italic(inline(token.tokens))
  if (token.type === 'del') return strikethrough(inline(token.tokens))
  if (token.type === 'codespan') return code(token.text)
  if (token.type === 'link') return anchor(inline(token.tokens), token.href)
  if (token.type === 'image') return anchor(join([token.text], ''), token.href)
  if (token.type === 'br') return join(['\n'], '')
  if (token.type === 'text' && token.tokens) return inline(token.tokens)
  return join([plainTextOf(token)], '')
}

function plainTextOf(token: MarkedToken): string {
  if (token.type === 'text') return withoutReferences(token.text)
  if (token.type === 'escape') return token.text
  return token.raw.trimEnd()
}

/** A link where Telegram has one. A path within the repository is shown, for it leads nowhere; `javascript:` is not. */
function anchor(label: Formatted, href: string): Formatted {
  const shown = label.text.trim() === '' ? join([href], '') : label
  if (isAllowed(href)) return link(shown, href)
  const isPath = !/^[a-z][a-z\d+.-]*:/i.test(href) && href !== shown.text && !href.startsWith('#')
  return isPath ? join([shown, ` (${href})`], '') : shown
}

/** A link to a person is a mention, and would notify. */
const isAllowed = (href: string) => /^(https?:\/\/|mailto:|tg:(?!\/*user\b))/i.test(href)

const REFERENCES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'", nbsp: ' ' }

const withoutReferences = (text: string) =>
  text.replace(/&(lt|gt|amp|quot|nbsp|#39);/g, (whole, name: string) => REFERENCES[name] ?? whole)
