/** The methods of the Bot API that a bot of ours may call, with the refusals of the real ones. */
import { z } from 'zod'
import { openFile } from './files.ts'
import { Refusal } from './refusal.ts'
import { acceptKeyboard, acceptText } from './text-rules.ts'
import type { Updates } from './updates.ts'
import { toWire, type Chat, type Message, type SentFile, type World } from './world.ts'

type Method = (params: Record<string, unknown>, world: World, updates: Updates, signal: AbortSignal) => unknown

const id = z.coerce.number().int()
const flag = z.union([z.boolean(), z.stringbool()]).default(false)
const entities = z
  .array(
    z.looseObject({
      type: z.string(),
      offset: z.number(),
      length: z.number(),
      url: z.string().optional(),
      language: z.string().optional(),
      user: z.looseObject({ id: z.number() }).optional(),
    }),
  )
  .default([])
const keyboard = z
  .object({
    inline_keyboard: z.array(z.array(z.looseObject({ text: z.string(), callback_data: z.string().optional() }))),
  })
  .optional()
const preview = z.object({ is_disabled: z.boolean() }).optional()

const target = z.object({ chat_id: id, message_thread_id: id.optional(), disable_notification: flag })
const textMessage = target.extend({
  text: z.string(),
  entities,
  reply_markup: keyboard,
  link_preview_options: preview,
})
const textEdit = z.object({
  chat_id: id,
  message_id: id,
  text: z.string(),
  entities,
  reply_markup: keyboard,
  link_preview_options: preview,
})
const documentMessage = target.extend({
  document: z.custom<SentFile>((value) => typeof value === 'object' && value !== null && 'content' in value),
  caption: z.string().max(1024, 'message caption is too long').default(''),
})
const polling = z.object({
  offset: id.default(0),
  limit: id.min(1).max(100).default(100),
  timeout: id.min(0).max(50).default(0),
  allowed_updates: z.array(z.string()).optional(),
})
const hook = z.object({
  url: z.string(),
  secret_token: z
    .string()
    .regex(/^[\w-]{1,256}$/, 'secret token contains unallowed characters')
    .optional(),
  allowed_updates: z.array(z.string()).optional(),
})
const menu = z.object({
  commands: z
    .array(
      z.object({
        command: z.string().regex(/^[a-z0-9_]{1,32}$/, 'BOT_COMMAND_INVALID'),
        description: z.string().min(1).max(256, 'BOT_COMMAND_DESCRIPTION_INVALID'),
      }),
    )
    .max(100, 'BOT_COMMANDS_TOO_MUCH'),
})

const UPLOAD_BYTES = 50_000_000

export const METHODS: Record<string, Method> = {
  getMe: (_, { bot }) => ({ ...bot, can_join_groups: true, can_read_all_group_messages: true }),

  getUpdates(params, _, updates, signal) {
    const { allowed_updates: allowed, ...wish } = polling.parse(params)
    updates.allow(allowed)
    return updates.get(wish, signal)
  },

  setWebhook(params, _, updates) {
    const { url, secret_token: secret, allowed_updates: allowed } = hook.parse(params)
    updates.allow(allowed)
    updates.setWebhook(url === '' ? undefined : { url, secret })
    return true
  },

  deleteWebhook(_, __, updates) {
    updates.setWebhook(undefined)
    return true
  },

  getWebhookInfo(_, __, updates) {
    const error = updates.lastError()
    return {
      url: updates.webhook()?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: updates.waiting().length,
      ...(error && { last_error_date: error.date, last_error_message: error.message }),
    }
  },

  setMyCommands(params, world) {
    world.commands = menu.parse(params).commands
    return true
  },

  sendMessage(params, world) {
    const wish = textMessage.parse(params)
    const place = placeOf(wish, world)
    const accepted = acceptText(wish.text, wish.entities, 'message is too long')
    const message = newMessage(world, place, {
      ...accepted,
      keyboard: acceptKeyboard(wish.reply_markup?.inline_keyboard),
      isSilent: wish.disable_notification,
      hasPreview: wish.link_preview_options?.is_disabled !== true,
    })
    return toWire(message)
  },

  editMessageText(params, world) {
    const wish = textEdit.parse(params)
    const chat = chatOf(wish.chat_id, world)
    const message = world.messages.find((one) => one.chat === chat && one.id === wish.message_id)
    if (!message) throw new Refusal(400, 'Bad Request: message to edit not found')
    if (message.from.id !== world.bot.id) throw new Refusal(400, "Bad Request: message can't be edited")
    if (message.document) throw new Refusal(400, 'Bad Request: there is no text in the message to edit')
    const next = {
      ...acceptText(wish.text, wish.entities, 'MESSAGE_TOO_LONG'),
      keyboard: acceptKeyboard(wish.reply_markup?.inline_keyboard),
    }
    if (JSON.stringify(next) === JSON.stringify(looksOf(message)))
      throw new Refusal(
        400,
        'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
      )
    message.history.push(next.text)
    Object.assign(message, next)
    return toWire(message)
  },

  sendDocument(params, world) {
    const wish = documentMessage.parse(params)
    if (wish.document.content.length > UPLOAD_BYTES) throw new Refusal(413, 'Request Entity Too Large')
    if (wish.document.content.length === 0) throw new Refusal(400, 'Bad Request: file must be non-empty')
    const place = placeOf(wish, world)
    const content = { text: wish.caption, entities: [], document: wish.document }
    return toWire(newMessage(world, place, { ...content, isSilent: wish.disable_notification, hasPreview: false }))
  },

  getFile: (params, world) => openFile(z.object({ file_id: z.string() }).parse(params).file_id, world),

  sendChatAction(params, world) {
    placeOf(target.parse(params), world)
    return true
  },

  answerCallbackQuery(params, world) {
    const query = z.object({ callback_query_id: z.string() }).parse(params).callback_query_id
    if (!world.callbacks.delete(query))
      throw new Refusal(400, 'Bad Request: query is too old and response timeout expired or query ID is invalid')
    return true
  },
}

const looksOf = ({ text, entities, keyboard }: Message) => ({ text, entities, keyboard })

function chatOf(chatId: number, { chats }: World): Chat {
  const chat = chats.get(chatId)
  if (!chat) throw new Refusal(400, 'Bad Request: chat not found')
  if (chat.movedTo !== undefined)
    throw new Refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
      migrate_to_chat_id: chat.movedTo,
    })
  if (chat.forbidden !== undefined) throw new Refusal(403, `Forbidden: ${chat.forbidden}`)
  return chat
}

function placeOf(wish: z.infer<typeof target>, world: World): { chat: Chat; thread: number | undefined } {
  const chat = chatOf(wish.chat_id, world)
  const thread = wish.message_thread_id
  if (thread === undefined) return { chat, thread }
  const topic = chat.topics?.get(thread)
  if (!topic) throw new Refusal(400, 'Bad Request: message thread not found')
  if (topic.isClosed) throw new Refusal(400, 'Bad Request: TOPIC_CLOSED')
  return { chat, thread }
}

function newMessage(
  world: World,
  place: { chat: Chat; thread: number | undefined },
  content: Pick<Message, 'text' | 'entities' | 'isSilent' | 'hasPreview'> & Partial<Message>,
): Message {
  const date = Math.floor(Date.now() / 1000)
  const message = { id: world.nextId(), ...place, from: world.bot, date, history: [content.text], ...content }
  world.messages.push(message)
  return message
}
