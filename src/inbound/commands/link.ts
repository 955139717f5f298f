import { findConversation } from '../../conversations/store.ts'
import { catchUp } from '../../deliveries/catch-up-store.ts'
import { say } from '../../deliveries/store.ts'
import { UserError } from '../../lib/errors.ts'
import { looksLikeCode } from '../../lib/one-time-code.ts'
import {
  makeLinkCode,
  MIRRORS,
  otherPlaces,
  setMirror,
  unlink as leave,
  useLinkCode,
  type Mirror,
} from '../../places/link-store.ts'
import { setConversation } from '../../places/store.ts'
import { answered, type Command } from '../command.ts'
import type { Reply, Talk } from '../parts.ts'

const MEANS: Record<Mirror, string> = {
  off: 'Here you see only what was asked here.',
  status: 'Here you see status, questions and answers of all places.',
  full: 'Here you see everything, also what people say elsewhere.',
}

export const link: Command = {
  name: 'link',
  usage: '[code|off|status|full]',
  about: 'The same conversation on another platform',
  group: 'Session',
  async run(talk, { words }) {
    const { db, conversation, place } = talk
    const [given] = words
    if (given === undefined) {
      const code = await makeLinkCode(db, conversation.orgId, conversation.id)
      return answered(
        'link',
        `Say this within 15 minutes where the conversation is to go on, too:\n\n\`/link ${code}\``,
      )
    }
    const mirror = MIRRORS.find((each) => each === given)
    if (mirror) {
      await setMirror(db, place.id, conversation.id, mirror)
      return answered('link', MEANS[mirror])
    }
    if (!looksLikeCode(given))
      throw new UserError(
        'usage',
        'It is `/link` for a code, `/link <code>` on the other platform, or `/link off|status|full`.',
      )
    return join(talk, given)
  },
}

export const unlink: Command = {
  name: 'unlink',
  about: 'Let this place go its own way again',
  group: 'Session',
  async run({ db, conversation, place }) {
    if ((await otherPlaces(db, conversation.id, place.id)).length === 0)
      throw new UserError('not-linked', 'This conversation is nowhere else. `/link` gives a code to link it.')
    await leave(db, place.id, conversation.id)
    return answered('unlink', 'Unlinked. Your next message begins a new conversation here.')
  },
}

async function join({ db, conversation, place, member, codebase }: Talk, code: string): Promise<Reply> {
  const linked = await useLinkCode(db, code)
  const found = linked === undefined ? undefined : await findConversation(db, linked)
  if (!found)
    throw new UserError(
      'link-code',
      'This code is wrong, was used, or is older than 15 minutes. `/link` on the other platform gives a new one.',
    )
  if (found.id === conversation.id) return answered('link', 'These two are linked already.')
  await setConversation(db, place, found.id)
  await catchUp(db, place, found.id)
  const about = { conversationId: found.id }
  for (const other of await otherPlaces(db, found.id, place.id))
    await say(
      db,
      other,
      { markdown: `🔗 ${member.name} linked this conversation with ${place.channel}.`, isQuiet: true },
      about,
    )
  const left =
    codebase && codebase.id !== found.codebaseId ? ` What was said here before stays a conversation of its own.` : ''
  return answered(
    'link',
    `🔗 Linked: ${found.title}. ${MEANS.status} \`/link full\` shows more, \`/unlink\` ends it.${left}`,
  )
}
