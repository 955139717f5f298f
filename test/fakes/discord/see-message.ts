/** What a person sees of a message: Discord's Markdown rendered. It knows no tables, and shows HTML as it is. */
import { marked, type Token, type Tokens } from 'marked'

export interface Rendered {
  text: string
  code: string[]
  links: string[]
}

export function seeMarkdown(source: string): Rendered {
  const code: string[] = []
  const links: string[] = []
  const visit = (tokens: Token[]): string => tokens.map(see).join('')

  function see(token: Token): string {
    switch (token.type) {
      case 'code':
      case 'codespan':
        code.push(token['text'])
        return token.type === 'code' ? `${token['text']}\n` : token['text']
      case 'link':
        // Anything else stays as it was written.
        if (!/^https?:/.test(token['href'])) return token.raw
        links.push(token['href'])
        return visit((token as Tokens.Link).tokens)
      case 'list':
        return (token as Tokens.List).items.map((item) => `${visit(item.tokens)}\n`).join('')
      case 'paragraph':
      case 'heading':
      case 'blockquote':
        return `${visit(token.tokens ?? [])}\n`
      case 'strong':
      case 'em':
      case 'del':
        return visit(token.tokens ?? [])
      case 'br':
        return '\n'
      case 'text':
        return 'tokens' in token && token.tokens ? visit(token.tokens) : token.raw
      case 'escape':
        return token['text']
      default:
        return token.raw
    }
  }

  const text = visit(marked.lexer(source)).trim()
  return { text, code, links }
}
