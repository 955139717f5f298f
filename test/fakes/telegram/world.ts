/** What a Telegram server remembers: people, chats, messages. */
import { toMedia } from './files.ts'

export interface Person {
  id: number
  first_name: string
  username?: string
}

export interface Entity {
  type: string
  offset: number
  length: number
  url?: string | undefined
  language?: string | undefined
  user?: { id: number } | undefined
}

export interface Button {
  text: string
  callback_data?: string | undefined
}

export interface SentFile {
  name: string
  mediaType: string
  content: Buffer
  /** How it was sent: by the paperclip, unless told otherwise. */
  kind?: 'document' | 'audio' | 'voice' | 'video' | 'video_note' | 'photo'
}

interface Topic {
  name: string
  isClosed: boolean
  madeBy: Message['from']
}

export interface Chat {
  id: number
  type: 'private' | 'group' | 'supergroup'
  title: string
  /** Threads by id, where it is a forum. */
  topics?: Map<number, Topic>
  /** What the bot is told when it writes here, since it was thrown out. */
  forbidden?: string
  /** The supergroup that this group has become. */
  movedTo?: number
}

export interface Message {
  id: number
  chat: Chat
  from: Person & { is_bot: boolean }
  /** Seconds. */
  date: number
  thread?: number | undefined
  text: string
  entities: Entity[]
  keyboard?: Button[][] | undefined
  document?: SentFile | undefined
  replyTo?: Message | undefined
  isSilent: boolean
  hasPreview: boolean
  /** All that it has read, the first text first. */
  history: string[]
}

export interface World {
  bot: Person & { is_bot: true; username: string }
  chats: Map<number, Chat>
  messages: Message[]
  /** Menu of the bot. */
  commands: { command: string; description: string }[]
  /** Callback queries that still wait for an answer. */
  callbacks: Set<string>
  /** Files that lie ready to be fetched. */
  paths: Map<string, Buffer>
  /** A Bot API server with `--local`: it names files on its own disk. */
  isLocal: boolean
  nextId(): number
}

export function createWorld(): World {
  let id = 100
  return {
    bot: { id: 111, is_bot: true, first_name: 'Drover', username: 'drover_bot' },
    chats: new Map(),
    messages: [],
    commands: [],
    callbacks: new Set(),
    paths: new Map(),
    isLocal: false,
    nextId: () => ++id,
  }
}

/** A message in the Bot API's words, as updates and answers carry it. */
export function toWire(message: Message): Record<string, unknown> {
  const { chat, thread, replyTo, document } = message
  const [text, entities] = document ? ['caption', 'caption_entities'] : ['text', 'entities']
  return {
    message_id: message.id,
    from: message.from,
    chat: {
      id: chat.id,
      type: chat.type,
      ...(chat.type === 'private' ? { first_name: chat.title } : { title: chat.title }),
      ...(chat.topics && { is_forum: true }),
    },
    date: message.date,
    ...(thread !== undefined && { message_thread_id: thread, is_topic_message: true }),
    // In a topic, what answers nobody answers the message that made the topic: so the platform does it.
    ...((replyTo ?? thread) !== undefined && {
      reply_to_message: replyTo ? { ...toWire(replyTo), reply_to_message: undefined } : topicCreated(message),
    }),
    ...(document && toMedia(message, document)),
    ...(message.text !== '' && { [text]: message.text }),
    ...(message.entities.length > 0 && { [entities]: message.entities }),
    ...(message.keyboard && { reply_markup: { inline_keyboard: message.keyboard } }),
  }
}

const topicCreated = ({ thread, chat, date }: Message) => ({
  message_id: thread,
  message_thread_id: thread,
  from: chat.topics?.get(thread ?? 0)?.madeBy,
  chat: { id: chat.id, type: chat.type, title: chat.title },
  date,
  is_topic_message: true,
  forum_topic_created: { name: chat.topics?.get(thread ?? 0)?.name, icon_color: 7322096 },
})
