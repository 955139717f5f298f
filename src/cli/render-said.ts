import type { Place, Said } from '../http/wire.ts'
import { ago, oneLine, type Output } from './output.ts'

/** A place in a word, as far as it has parts. */
export const placeText = ({ channel, tenant, room, thread }: Place) =>
  [channel, tenant, room, thread].filter((part) => part !== '').join('/')

/** What became of it, in a word. */
export const verdictText = ({ status, verdict, tries }: Said) =>
  status === 'parked' ? `parked after ${tries} tries` : (verdict ?? 'not handled yet')

export const wordsOf = ({ type, text }: Said) =>
  type === 'choice' ? '(a button)' : text === '' ? '(a file)' : oneLine(text ?? '(not kept)')

/** All of one message that a person wants to know. */
export function showSaid(said: Said, out: Output): void {
  const facts: [string, string | null][] = [
    ['Message', said.id],
    ['Said', `${said.receivedAt} (${ago(said.receivedAt)} ago)`],
    ['By', `${oneLine(said.actor.name)} (${said.actor.id})`],
    ['In', placeText(said.place)],
    ['Words', wordsOf(said).slice(0, 200)],
    ['Became', verdictText(said)],
    ['Because', said.reason && oneLine(said.reason)],
    ['Conversation', said.conversationId],
    ['Task', said.taskId],
  ]
  for (const [name, value] of facts) if (value !== null) out.print(`${name.padEnd(13)} ${value}`)
  if (said.status === 'parked') out.note(`Handle it once more with: drover inbox retry ${said.id}`)
  if (said.taskId !== null) out.note(`What came of it: drover task show ${said.taskId}`)
}
