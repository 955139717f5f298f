import { replaceByStanding } from './markdown.ts'

/** What somebody said to the bot. */
export interface Addressed {
  /** All of it without the mention; only what follows the mention where that is a command. */
  text: string
  /** What follows the mention. */
  after: string
}

const COMMENT = /<!--[^]*?-->|<!--[^]*/g
const HERE = '\uFDD2'

/**
 * What a comment says to the bot, or undefined where it does not mention it in words of its own: a mention in a quote, in code or in
 * an HTML comment is none. HTML comments are left out of the text too: nobody who reads the issue sees them.
 */
export function addressedTo(botName: string, markdown: string): Addressed | undefined {
  const mention = new RegExp(`(?<![\\w@/.\`-])@${RegExp.escape(botName)}(?:\\[bot\\])?(?![\\w/-])`, 'gi')
  if (!mention.test(markdown)) return undefined
  const seen = withoutComments(markdown.replaceAll('\r\n', '\n').replaceAll(HERE, ''))
  let isFound = false
  const marked = replaceByStanding(seen, mention, (match, standing) => {
    if (isFound || standing !== 'words') return match
    isFound = true
    return HERE
  })
  if (!isFound) return undefined
  const at = marked.indexOf(HERE)
  const rest = marked.slice(at + HERE.length).replace(/^[ \t]*[,:]?[ \t]*/, '')
  const after = rest.trim()
  return { text: after.startsWith('/') ? after : `${marked.slice(0, at)}${rest}`.trim(), after }
}

/** In code they are code. One that is never closed hides the rest, where it begins a line. */
export const withoutComments = (markdown: string) =>
  replaceByStanding(markdown, COMMENT, (match, standing) => {
    if (standing === 'code') return match
    const isClosed = match.endsWith('-->')
    return isClosed || /(?:^|\n) {0,3}$/.test(markdown.slice(0, markdown.length - match.length)) ? '' : match
  })
