import type { Inbound } from '../channels/channel.ts'
import { say } from '../deliveries/store.ts'
import { forgetFiles, giveFiles } from '../inbox/file-store.ts'
import type { Said, SaidFile } from '../inbox/inbox.ts'
import type { OfferAction } from '../questions/offer.ts'
import { offer, openQuestions } from '../questions/store.ts'
import { choiceIn } from './answer.ts'
import { mirror } from './mirror.ts'
import type { Reply, Talk } from './parts.ts'

/** A service that is less sure than this has guessed. */
const SURE = 0.6
/** Enough to see whether it was understood. */
const LONGEST_ECHO = 500

/** Not handled yet: first its files are fetched. Asked only of what may be said here. */
export const waitsForFiles = ({ event, fetchedAt }: Said) =>
  fetchedAt === null && event.type === 'message' && (event.attachments ?? []).length > 0

const isUnsure = ({ transcript }: SaidFile) => transcript !== null && transcript.confidence < SURE

/** What a conversation may be named after: nothing that was perhaps never said. */
export const namable = (event: Inbound, files: readonly SaidFile[]): Inbound =>
  event.type === 'message' && files.some(isUnsure) ? { ...event, text: '' } : event

/** Files without a word are something to look at. */
export const withWords = (event: Inbound, files: readonly SaidFile[]): Inbound =>
  event.type === 'message' && event.text.trim() === '' && files.some(({ isKept }) => isKept)
    ? { ...event, text: 'Look at the attached files.' }
    : event

/** Before the message is handled: what was heard is said back, and what did not come is said. A reply where that is all, or the person is asked first. */
export async function hear(
  { db, place, conversation, event, member }: Talk,
  saidId: string,
  files: readonly SaidFile[],
): Promise<Reply | undefined> {
  if (event.type !== 'message' || files.length === 0) return undefined
  const about = { conversationId: conversation.id }
  const heard = files.flatMap(({ transcript }) => (transcript ? [transcript] : []))
  const problems = [...new Set(files.flatMap(({ problem }) => problem ?? []))]
  const unsure = files.some(isUnsure)
  if (heard.length > 0 && !unsure)
    await say(db, place, { markdown: `🎙 “${inShort(heard.map(({ text }) => text).join(' '))}”`, isQuiet: true }, about)
  if (problems.length > 0) await say(db, place, { markdown: problems.join('\n') }, about)
  if (event.text.trim() === '') return { type: 'dropped', reason: problems.join(' ') }
  if (!unsure) return undefined
  const confidence = Math.min(...heard.map((each) => each.confidence)).toFixed(2)
  const reason = `asked back: it was heard with a confidence of ${confidence} only`
  const [open] = await openQuestions(db, conversation.id)
  // Asked whether it was an answer, people would have to answer that.
  if (open && choiceIn(open, event.text))
    return {
      type: 'command',
      reason,
      say: `I am not sure that I heard “${inShort(event.text)}”. Press a button, or type it.`,
    }
  const action: OfferAction = { type: 'unsure', memberId: member.id, saidId, event }
  await offer(db, {
    orgId: place.orgId,
    conversationId: conversation.id,
    title: `🎙 Did you say: “${inShort(event.text)}”? (y/n)`,
    action: { ...action },
  })
  return { type: 'command', reason, keepsFiles: true }
}

function inShort(text: string) {
  const letters = Array.from(text.replaceAll(/\s+/g, ' ').trim())
  return letters.length <= LONGEST_ECHO ? letters.join('') : `${letters.slice(0, LONGEST_ECHO - 1).join('')}…`
}

/** When it has been handled: other places see what was said, and its files go where it went. */
export async function passOn(talk: Talk, saidId: string, { type, taskId }: Reply): Promise<void> {
  const { db, event } = talk
  if (event.type !== 'message') return
  const counts = type === 'task' || type === 'answer'
  if (counts) await mirror(talk, event.text)
  if ((event.attachments ?? []).length === 0) return
  if (counts && taskId !== undefined) await giveFiles(db, saidId, taskId)
  else await forgetFiles(db, saidId)
}
