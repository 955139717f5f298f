import type { Choices, Outgoing } from '../channel.ts'
import { calm, calmTightly } from './calm.ts'

/** GitHub takes 65,536 characters a comment. */
const LONGEST = 65_536

/** Stands in every comment of ours, and is not shown. What contains it is never taken for somebody speaking. */
export const OURS = '<!-- drover:'

/** By it a comment is found again whose sending broke off. First in the comment: an open code block cannot swallow it. */
export const markerOf = (key: string) => `${OURS}${key.replaceAll(/[^\w/.:]+/g, '-')} -->`

/** The marker that a comment of ours begins with, or undefined. */
export const readMarker = (body: string) => (body.startsWith(OURS) ? /^<!-- drover:\S* -->/.exec(body)?.[0] : undefined)

/** GitHub has no buttons: what can be chosen is a list, with what to write. */
export function renderComment(marker: string, { markdown, choices }: Outgoing, botName: string): string {
  const foot = choices ? `\n\n${listOf(choices, botName)}` : ''
  const bodyOf = (text: string) => `${marker}\n${foot === '' ? text : closed(text)}${foot}`
  const body = bodyOf(calm(markdown))
  return body.length <= LONGEST ? body : bodyOf(calmTightly(markdown))
}

const listOf = ({ questionId, options }: Choices, botName: string) =>
  options
    .map(({ id, label }) => `- **${plain(label)}**: write \`@${botName} answer ${questionId} ${wordOf(id)}\``)
    .join('\n')

/** Labels come from agents too: in them nothing is a mark. */
const plain = (label: string) => calm(label.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|~#]/g, '\\$&')).trim()

/** People count from one. */
const wordOf = (choiceId: string) => (/^\d+$/.test(choiceId) ? String(Number(choiceId) + 1) : choiceId)

/** `answer que_… 2`, as the list above says it. */
export function readAnswer(words: string): { questionId: string; choiceId: string } | undefined {
  const [, questionId, word] = /^answer\s+([a-z]{3}_\w+)\s+(\w+)[.!]?$/i.exec(words) ?? []
  if (questionId === undefined || word === undefined || word === '0') return undefined
  return { questionId, choiceId: /^\d+$/.test(word) ? String(Number(word) - 1) : word }
}

/** A code block that the text left open would swallow the list. */
function closed(text: string): string {
  let open: string | undefined
  for (const line of text.split('\n')) {
    const [, fence] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? []
    if (fence === undefined) continue
    if (open === undefined) open = fence
    else if (fence[0] === open[0] && fence.length >= open.length && line.trim() === fence) open = undefined
  }
  return open === undefined ? text : `${text}\n${open}`
}
