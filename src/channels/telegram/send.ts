import { type Api, InputFile } from 'grammy'
import type { MessageEntity } from 'grammy/types'
import { ChannelError, type Outgoing, type Place, type SendOptions } from '../channel.ts'
import { call, type GrammySignal } from './call.ts'
import { render, renderButtons, renderPlain, type Body } from './render.ts'

/** How many messages whose file is still to come are remembered. */
const MOST_HALVES = 100

/** Sends a message, and its file behind it. Telegram tells no two attempts apart: after a drop, one of them may be double. */
export function createSender(api: Api, commands: RegExp) {
  /** Messages that are sent and whose file is not, by idempotency key: the next attempt sends the file only. */
  const halves = new Map<string, string>()

  async function sendText(place: Place, message: Outgoing, signal: AbortSignal): Promise<string> {
    const options = { ...whereTo(place, message), ...looks(message) }
    const sent = await formattedOrPlain({ ...message, commands }, signal, ({ text, entities }, signal) =>
      api.sendMessage(chatOf(place), text, { ...options, entities: entities as MessageEntity[] }, signal),
    )
    return String(sent.message_id)
  }

  return async (place: Place, message: Outgoing, { idempotencyKey: key, signal }: SendOptions): Promise<string> => {
    const { file, markdown } = message
    if (markdown.trim() === '') return sendFile(api, place, message, signal)
    const id = halves.get(key) ?? (await sendText(place, message, signal))
    if (!file) return id
    halves.set(key, id)
    // What was given up on stays behind, so the oldest goes.
    if (halves.size > MOST_HALVES) halves.delete([...halves.keys()][0]!)
    await sendFile(api, place, message, signal)
    halves.delete(key)
    return id
  }
}

async function sendFile(api: Api, place: Place, message: Outgoing, signal: AbortSignal): Promise<string> {
  const { file } = message
  if (!file) throw new ChannelError('invalid', 'There is nothing to send.')
  const options = whereTo(place, message)
  const sent = await call(
    (signal) => api.sendDocument(chatOf(place), new InputFile(file.content, quoted(file.name)), options, signal),
    { signal, timeoutMs: uploadMs(file.content.length) },
  )
  return String(sent.message_id)
}

/** Shows something else in a message. A file of `message` is left out: an edit brings none. */
export function createEditor(api: Api, commands: RegExp) {
  return async (place: Place, messageId: string, message: Outgoing, signal: AbortSignal): Promise<void> => {
    const options = looks(message)
    try {
      await formattedOrPlain({ ...message, commands }, signal, ({ text, entities }, signal) => {
        const other = { ...options, entities: entities as MessageEntity[] }
        return api.editMessageText(chatOf(place), Number(messageId), text, other, signal)
      })
    } catch (error) {
      // It looks so already.
      if (error instanceof ChannelError && /message is not modified/i.test(error.message)) return
      throw error
    }
  }
}

async function formattedOrPlain<T>(
  { markdown, commands }: Pick<Outgoing, 'markdown'> & { commands: RegExp },
  signal: AbortSignal,
  write: (body: Body, signal: GrammySignal) => Promise<T>,
): Promise<T> {
  try {
    return await call((signal) => write(render(markdown, commands), signal), { signal })
  } catch (error) {
    if (!isRefusedFormat(error)) throw error
    return await call((signal) => write(renderPlain(markdown), signal), { signal })
  }
}

const isRefusedFormat = (error: unknown) =>
  error instanceof ChannelError && error.kind === 'invalid' && /^Bad Request: .*(entit|too.long)/i.test(error.message)

const looks = ({ choices }: Outgoing) => ({
  link_preview_options: { is_disabled: true },
  ...(choices && { reply_markup: renderButtons(choices) }),
})

const whereTo = ({ thread }: Place, { isQuiet = false }: Outgoing) => ({
  disable_notification: isQuiet,
  ...(thread !== '' && { message_thread_id: Number(thread) }),
})

/** Of a chat by its number, or of a public one by its @name. */
const chatOf = ({ room }: Place) => (/^-?\d+$/.test(room) ? Number(room) : room)

/** With the quotes: grammY 1.46 writes it bare into a header, where a space or a semicolon would end it. */
const quoted = (name: string) => `"${name.replace(/["\\\p{Cc}]/gu, '_')}"`

/** Fifteen seconds, and one for each 250 kB. */
const uploadMs = (bytes: number) => 15_000 + Math.ceil(bytes / 250)
