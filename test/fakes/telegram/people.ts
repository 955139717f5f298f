/** What people do on Telegram, and what they see there. */
import { found } from './text-rules.ts'
import type { Updates } from './updates.ts'
import { toWire, type Chat, type Entity, type Message, type Person, type SentFile, type World } from './world.ts'

interface SayOptions {
  thread?: number
  replyTo?: number
  /** Besides those that the platform finds. */
  entities?: Entity[]
  /** The text is then its caption. */
  document?: SentFile
}

export interface Seen {
  id: number
  from: string
  text: string
  entities: Entity[]
  buttons: string[]
  document?: SentFile | undefined
  /** Whom a mention in it has notified: `@name`, or the id behind a link to a person. */
  notified: string[]
  isSilent: boolean
  hasPreview: boolean
  history: string[]
  thread: number | undefined
}

export interface People {
  add(id: number, name: string): Person
  /** The chat of this person with the bot alone; its id is the person's. */
  privateChat(person: Person): number
  group(options?: { isForum?: boolean; type?: 'group' | 'supergroup' }): number
  /** Made by the bot: to a careless reader, all that is said in it answers the bot. */
  topic(chat: number, name: string): number
  closeTopic(chat: number, thread: number): void
  /** Returns the message's id. */
  say(from: Person, chat: number, text: string, options?: SayOptions): number
  /** The person changes what he said. */
  amend(messageId: number, text: string): void
  /** Returns the id of the callback query. */
  press(from: Person, chat: number, messageId: number, label: string): string
  /** All open callback queries have become too old to answer. */
  expireCallbacks(): void
  redeliver(): void
  remove(chat: number, messageId: number): void
  /** The platform has the file of a message no more. */
  removeFile(messageId: number): void
  /** Throws the bot out of a group, or blocks it. */
  throwOut(chat: number): void
  /** A group becomes a supergroup; returns its new id. */
  migrate(chat: number): number
  /** All messages of a chat as they look now, oldest first. */
  messages(chat: number): Seen[]
}

export function createPeople(world: World, updates: Updates): People {
  const { chats, messages } = world

  const chatOf = (id: number): Chat => {
    const chat = chats.get(id)
    if (!chat) throw new Error(`the test knows no chat ${id}`)
    return chat
  }
  const messageOf = (id: number): Message => {
    const message = messages.find((one) => one.id === id)
    if (!message) throw new Error(`the test knows no message ${id}`)
    return message
  }
  const addChat = (chat: Chat): number => {
    chats.set(chat.id, chat)
    return chat.id
  }

  return {
    add: (id, name) => ({ id, first_name: name, username: name.toLowerCase() }),

    privateChat: ({ id, first_name: title }) => addChat({ id, type: 'private', title }),

    group({ isForum = false, type = 'supergroup' } = {}) {
      const number = world.nextId()
      const id = type === 'group' ? -number : -1_002_000_000_000 - number
      return addChat({ id, type, title: 'A group', ...(isForum && { topics: new Map() }) })
    },

    topic(chat, name) {
      const id = world.nextId()
      chatOf(chat).topics?.set(id, { name, isClosed: false, madeBy: world.bot })
      return id
    },

    closeTopic(chat, thread) {
      const topic = chatOf(chat).topics?.get(thread)
      if (topic) topic.isClosed = true
    },

    say(from, chat, text, { thread, replyTo, entities = [], document } = {}) {
      const message: Message = {
        id: world.nextId(),
        chat: chatOf(chat),
        from: { ...from, is_bot: false },
        date: Math.floor(Date.now() / 1000),
        thread,
        text,
        entities: [...found(text, entities), ...entities],
        document,
        replyTo: replyTo === undefined ? undefined : messageOf(replyTo),
        isSilent: false,
        hasPreview: true,
        history: [text],
      }
      messages.push(message)
      updates.push({ message: toWire(message) })
      return message.id
    },

    amend(messageId, text) {
      const message = messageOf(messageId)
      Object.assign(message, { text, entities: found(text) })
      updates.push({ edited_message: { ...toWire(message), edit_date: message.date + 1 } })
    },

    press(from, chat, messageId, label) {
      const message = messageOf(messageId)
      const button = message.keyboard?.flat().find(({ text }) => text === label)
      if (message.chat.id !== chat || !button) throw new Error(`no button ${label} under message ${messageId}`)
      const id = `${world.nextId()}0000000000`
      world.callbacks.add(id)
      const query = { id, from: { ...from, is_bot: false }, chat_instance: '42', data: button.callback_data }
      updates.push({ callback_query: { ...query, message: toWire(message) } })
      return id
    },

    expireCallbacks: () => world.callbacks.clear(),
    redeliver: () => updates.repeat(),

    remove(chat, messageId) {
      const at = messages.findIndex((one) => one.chat.id === chat && one.id === messageId)
      if (at >= 0) messages.splice(at, 1)
    },

    removeFile(messageId) {
      messageOf(messageId).document = undefined
      world.paths.clear()
    },

    throwOut(id) {
      const chat = chatOf(id)
      chat.forbidden =
        chat.type === 'private' ? 'bot was blocked by the user' : `bot was kicked from the ${chat.type} chat`
    },

    migrate(id) {
      const old = chatOf(id)
      const next = addChat({ id: -1_003_000_000_000 + id, type: 'supergroup', title: old.title })
      old.movedTo = next
      return next
    },

    messages: (chat) => messages.filter((one) => one.chat.id === chat).map(toSeen),
  }
}

const toSeen = (message: Message): Seen => ({
  id: message.id,
  from: message.from.first_name,
  text: message.text,
  entities: message.entities,
  buttons: message.keyboard?.flat().map(({ text }) => text) ?? [],
  document: message.document,
  notified: message.entities.flatMap(({ type, offset, length, user }) => {
    if (type === 'mention') return [message.text.slice(offset, offset + length)]
    return type === 'text_mention' && user ? [String(user.id)] : []
  }),
  isSilent: message.isSilent,
  hasPreview: message.hasPreview,
  history: message.history,
  thread: message.thread,
})
