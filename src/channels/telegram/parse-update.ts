import { z } from 'zod'
import type { Actor, Inbound, Place } from '../channel.ts'
import { attachmentsOf, mediaShape } from './attachments.ts'
import { storable } from './storable.ts'

/** Who the bot is, by `getMe`. */
export interface Me {
  id: number
  username: string
}

export interface NotForUs {
  /** `unreadable`: not as Telegram writes it. */
  type: 'ignored' | 'unreadable'
  reason: string
}

const user = z.object({
  id: z.number(),
  is_bot: z.boolean().default(false),
  first_name: z.string().default(''),
  last_name: z.string().optional(),
  username: z.string().optional(),
})
const entity = z.object({ type: z.string(), offset: z.number(), length: z.number(), user: user.optional() })
const spot = z.object({
  message_id: z.number(),
  chat: z.object({ id: z.number(), type: z.string() }),
  message_thread_id: z.number().optional(),
  is_topic_message: z.boolean().optional(),
})
const message = spot.extend({
  ...mediaShape,
  // Seconds, up to the last that a Date knows.
  date: z.number().min(0).max(8.64e12),
  from: user.optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  entities: z.array(entity).default([]),
  caption_entities: z.array(entity).default([]),
  reply_to_message: z
    .object({ message_id: z.number(), from: user.optional(), forum_topic_created: z.unknown().optional() })
    .optional(),
})
const button = z.object({ id: z.string(), from: user, data: z.string().optional(), message: spot.optional() })
const update = z.object({ message: message.optional(), callback_query: button.optional() })

type Message = z.infer<typeof message>

/**
 * Pure: an update of Telegram's in, our words out. Edited messages, posts of channels, what has neither text nor a file and what
 * the bot itself said are nothing to us. `receivedAt`: Telegram does not say when a button was pressed.
 */
export function parseUpdate(body: unknown, me: Me, receivedAt: Date): Inbound | NotForUs {
  const { success, data, error } = update.safeParse(body)
  if (!success) return { type: 'unreadable', reason: z.prettifyError(error) }
  if (data.message) return parseMessage(data.message, me)
  if (data.callback_query) return parseButton(data.callback_query, receivedAt)
  return { type: 'ignored', reason: 'neither a message nor a button' }
}

function parseMessage(message: Message, me: Me): Inbound | NotForUs {
  const { from, chat, message_id: id } = message
  if (!from) return { type: 'ignored', reason: 'nobody said it' }
  if (from.id === me.id) return { type: 'ignored', reason: 'said by the bot itself' }
  const attachments = attachmentsOf(message)
  if ((message.text ?? message.caption) === undefined && attachments.length === 0)
    return { type: 'ignored', reason: 'neither text nor a file' }
  const said = message.text ?? message.caption ?? ''
  const { text, isMentioned } = withoutMention(said, message, me)
  const command = readCommand(text, me)
  const answered = repliedTo(message)
  const isToUs = chat.type === 'private' || isMentioned || command !== undefined || answered?.from?.id === me.id
  return {
    type: 'message',
    key: `${chat.id}:${id}`,
    place: placeOf(message),
    actor: actorOf(from),
    at: new Date(message.date * 1000).toISOString(),
    ...linkTo(message),
    text: storable(command && command !== 'of another bot' ? command.text : text),
    messageId: String(id),
    isAddressed: isToUs && command !== 'of another bot',
    ...(chat.type === 'private' && { isPrivate: true }),
    ...(answered && { replyTo: String(answered.message_id) }),
    ...(attachments.length > 0 && { attachments }),
  }
}

function parseButton(pressed: z.infer<typeof button>, receivedAt: Date): Inbound | NotForUs {
  const { data = '', message, from, id } = pressed
  const [questionId = '', choiceId = '', ...more] = data.split('|')
  if (!message || questionId === '' || choiceId === '' || more.length > 0)
    return { type: 'ignored', reason: 'a button that is not ours' }
  return {
    type: 'choice',
    key: `cb:${id}`,
    place: placeOf(message),
    actor: actorOf(from),
    at: receivedAt.toISOString(),
    ...linkTo(message),
    questionId: storable(questionId),
    choiceId: storable(choiceId),
    messageId: String(message.message_id),
  }
}

/** In a topic, what answers nothing comes as an answer to the message that made the topic, whose id the topic has. */
function repliedTo({ reply_to_message: answered, is_topic_message: isInTopic, message_thread_id: thread }: Message) {
  const isOrigin = answered?.forum_topic_created !== undefined || (isInTopic && answered?.message_id === thread)
  return isOrigin ? undefined : answered
}

/** Only where Telegram saw a mention: in code, `@bot` is none. */
function withoutMention(said: string, { text, entities, caption_entities: inCaption }: Message, me: Me) {
  const mentions = (text === undefined ? inCaption : entities)
    .filter(({ type, offset, length, user }) => {
      if (type === 'text_mention') return user?.id === me.id
      return type === 'mention' && said.slice(offset, offset + length).toLowerCase() === `@${me.username.toLowerCase()}`
    })
    .toSorted((a, b) => b.offset - a.offset)
  let rest = said
  for (const { offset, length } of mentions) {
    const before = rest.slice(0, offset)
    const after = rest.slice(offset + length)
    rest = before.trim() === '' ? after.replace(/^[,:]?\s+/, '') : before.replace(/ $/, '') + after
  }
  return { text: mentions.length > 0 ? rest.trim() : said, isMentioned: mentions.length > 0 }
}

/** Telegram's own `bot_command` ends at a hyphen, so the text is read instead. */
const COMMAND = /^\/([A-Za-z0-9][\w-]*)(?:@(\w+))?(?=\s|$)/

function readCommand(text: string, me: Me): { text: string } | 'of another bot' | undefined {
  const [whole, name, bot] = COMMAND.exec(text) ?? []
  if (whole === undefined || name === undefined) return undefined
  if (bot !== undefined && bot.toLowerCase() !== me.username.toLowerCase()) return 'of another bot'
  return { text: `/${withHyphens(name)}${text.slice(whole.length)}` }
}

const withHyphens = (name: string) => name.replaceAll('_', '-')

function placeOf({ chat, is_topic_message: isInTopic, message_thread_id: thread }: z.infer<typeof spot>): Place {
  return {
    channel: 'telegram',
    tenant: '',
    room: String(chat.id),
    // Outside of topics the id is there as well, for a chain of answers: not a thread in which one could write.
    thread: isInTopic && thread !== undefined ? String(thread) : '',
  }
}

const actorOf = ({
  id,
  username,
  first_name: first,
  last_name: last = '',
  is_bot: isBot,
}: z.infer<typeof user>): Actor => ({
  id: String(id),
  name: storable(username ?? `${first} ${last}`.trim()),
  isBot,
})

/** Supergroups have links, for their members; other chats have none. */
function linkTo({
  chat,
  message_id: id,
  is_topic_message: isInTopic,
  message_thread_id: thread,
}: z.infer<typeof spot>) {
  const [, number] = /^-100(\d+)$/.exec(String(chat.id)) ?? []
  if (number === undefined) return {}
  const topic = isInTopic && thread !== undefined ? `${thread}/` : ''
  return { link: `https://t.me/c/${number}/${topic}${id}` }
}
