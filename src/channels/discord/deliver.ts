import { createHash } from 'node:crypto'
import { ChannelError, type Channel, type Outgoing, type Place } from '../channel.ts'
import type { Call } from './call.ts'
import { MISSING_PERMISSIONS, refusalOf, THREAD_EXISTS, UNKNOWN_CHANNEL, WRONG_CHANNEL_TYPE } from './errors.ts'
import { flagsOf, renderBody } from './render.ts'

const NONCE_LENGTH = 25
const THREAD_NAME_LENGTH = 90

/** Sends and edits. */
export function createDelivery(call: Call): Pick<Channel, 'send' | 'edit'> {
  const directs = new Map<string, string>()

  /** `@<user id>` is a person: Discord tells which channel is the one alone with the bot. */
  async function roomOf({ room }: Place, signal?: AbortSignal): Promise<string> {
    if (!room.startsWith('@')) return room
    const known = directs.get(room)
    if (known !== undefined) return known
    const { id } = await call((api, signal) => api.users.createDM(room.slice(1), { signal }), { signal })
    directs.set(room, id)
    return id
  }

  interface Post {
    channel: string
    message: Outgoing
    idempotencyKey: string
    signal: AbortSignal
    replyTo?: string | undefined
  }

  async function post({ channel, message, idempotencyKey, signal, replyTo }: Post): Promise<string> {
    const { file } = message
    const body = {
      ...renderBody(message),
      flags: flagsOf(message),
      nonce: createHash('sha256').update(idempotencyKey).digest('base64url').slice(0, NONCE_LENGTH),
      // Discord then answers a second attempt with the message of the first.
      enforce_nonce: true,
      ...(file && { files: [{ name: file.name, data: file.content, contentType: file.mediaType }] }),
      ...(replyTo !== undefined && { message_reference: { message_id: replyTo, fail_if_not_exists: false } }),
    }
    const { id } = await call((api, signal) => api.channels.createMessage(channel, body, { signal }), {
      signal,
      timeoutMs: file && uploadMs(file.content.length),
    })
    return id
  }

  /** A thread that is started from a message has the id of it. False where no thread may be started there. */
  async function openThread({ room, thread: messageId }: Place, signal: AbortSignal): Promise<boolean> {
    const { content } = await call((api, signal) => api.channels.getMessage(room, messageId, { signal }), { signal })
    try {
      const name = threadName(content)
      await call((api, signal) => api.channels.createThread(room, { name }, messageId, { signal }), { signal })
    } catch (error) {
      const code = refusalOf(error)
      if (code === MISSING_PERMISSIONS || code === WRONG_CHANNEL_TYPE) return false
      if (code !== THREAD_EXISTS) throw error
    }
    return true
  }

  /** In the thread of a place, or where that was never opened, in its room. */
  async function inThread<T>(place: Place, signal: AbortSignal | undefined, work: (channel: string) => Promise<T>) {
    const room = await roomOf(place, signal)
    if (place.thread === '') return work(room)
    try {
      return await work(place.thread)
    } catch (error) {
      if (refusalOf(error) !== UNKNOWN_CHANNEL) throw error
      return work(room)
    }
  }

  return {
    async send(place, message, { idempotencyKey, signal }) {
      if (message.markdown.trim() === '' && !message.file)
        throw new ChannelError('invalid', 'There is nothing to send.')
      const { thread } = place
      const room = await roomOf(place, signal)
      const sending = { channel: thread || room, message, idempotencyKey, signal }
      try {
        return await post(sending)
      } catch (error) {
        // The first answer to a mention: nobody has opened its thread yet.
        if (thread === '' || refusalOf(error) !== UNKNOWN_CHANNEL) throw error
        const isOpen = await openThread(place, signal)
        // Better in the channel than not at all.
        return post(isOpen ? sending : { ...sending, channel: room, replyTo: thread })
      }
    },
    edit: (place, messageId, message, signal) =>
      inThread(place, signal, async (channel) => {
        const body = renderBody(message)
        await call((api, signal) => api.channels.editMessage(channel, messageId, body, { signal }), { signal })
      }),
  }
}

const ISSUE = /https?:\/\/[^\s/]+\/(?<repository>[\w.-]+\/[\w.-]+)\/(?<kind>issues|pull)\/(?<number>\d+)\S*/

/** What was said, in one line and without the mention of us; the issue that it links to comes first. Discord takes no empty name. */
export function threadName(content: string): string {
  const { repository = '', kind, number } = ISSUE.exec(content)?.groups ?? {}
  const line = content
    .replace(ISSUE, '')
    .replaceAll(/<(?:@[!&]?|#)\d+>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const name = number === undefined ? line : `${kind === 'pull' ? 'PR' : 'Issue'} #${number}: ${line || repository}`
  return name.slice(0, THREAD_NAME_LENGTH).toWellFormed().trim() || 'Drover'
}

/** Fifteen seconds, and one for each 250 kB. */
const uploadMs = (bytes: number) => 15_000 + Math.ceil(bytes / 250)
