import { WebAPIPlatformError, type WebClient } from '@slack/web-api'
import { ChannelError, type Channel, type Outgoing, type Place } from '../channel.ts'
import type { Call } from './call.ts'
import type { InWorkspace } from './in-workspace.ts'
import { FORMS, type Content } from './render.ts'
import { uploadFile } from './upload-file.ts'

/** How Slack says that it does not take our blocks. */
const REFUSES_FORM = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long'])
/** How long we do not try the Markdown block again in a workspace that refused it. */
const REFUSAL_KEPT_MS = 10 * 60_000
const MOST_HALF_SENT = 200

interface Posted {
  ts: string
  /** Where it went: a direct message has a room of its own, whoever was named. */
  room: string
}

interface Parts {
  inWorkspace: InWorkspace
  call: Call
}

/** Sending: one call for a message, or four with a file. */
export function createDelivery({ inWorkspace, call }: Parts): Pick<Channel, 'send' | 'edit'> {
  /** By team. */
  const refusals = new Map<string, number>()
  /** Messages whose file is still missing, by idempotency key: the next attempt must not say the words again. */
  const halfSent = new Map<string, Posted>()

  /** In the best form that Slack takes. What it refuses was not sent. */
  async function inBestForm<T>(team: string, message: Outgoing, attempt: (content: Content) => Promise<T>): Promise<T> {
    const knowsMarkdown = (refusals.get(team) ?? 0) < Date.now()
    const contents = (knowsMarkdown ? FORMS : FORMS.slice(1)).flatMap((form) => form(message) ?? [])
    for (const [index, content] of contents.entries()) {
      try {
        return await attempt(content)
      } catch (error) {
        const isRefused = error instanceof WebAPIPlatformError && REFUSES_FORM.has(error.data.error)
        if (!isRefused || index === contents.length - 1) throw error
        // Of the block as such, not of what is in it.
        if (isOfBlockType(error)) refusals.set(team, Date.now() + REFUSAL_KEPT_MS)
      }
    }
    throw new ChannelError('invalid', 'The message is too long for Slack.')
  }

  async function post(web: WebClient, team: string, { room, thread }: Place, message: Outgoing): Promise<Posted> {
    const { ts = '', channel = room } = await inBestForm(team, message, (content) => {
      const words = { channel: room, ...(thread !== '' && { thread_ts: thread }), ...content }
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
      return web.chat.postMessage({ ...words, unfurl_links: false, unfurl_media: false })
    })
    return { ts, room: channel }
  }

  return {
    send: (place, message, { idempotencyKey, signal }) =>
      inWorkspace(place, signal, async ({ team, token }) => {
        const { file } = message
        const words = file && message.markdown.trim() === '' ? { ...message, markdown: file.name } : message
        // A file that Slack does not take is found out before anything is said.
        const uploaded = file && (await uploadFile({ call, token, file, signal }))
        const posted =
          halfSent.get(idempotencyKey) ?? (await call(token, (web) => post(web, team, place, words), signal))
        if (!uploaded) return posted.ts
        if (halfSent.size >= MOST_HALF_SENT) halfSent.clear()
        halfSent.set(idempotencyKey, posted)
        await call(
          token,
          (web) =>
            web.files.completeUploadExternal({
              files: [uploaded],
              channel_id: posted.room,
              ...(place.thread !== '' && { thread_ts: place.thread }),
            }),
          signal,
        )
        halfSent.delete(idempotencyKey)
        return posted.ts
      }),

    edit: (place, messageId, message, signal) =>
      inWorkspace(place, signal, async ({ team, token }) => {
        await call(
          token,
          (web) =>
            inBestForm(team, message, (content) => web.chat.update({ channel: place.room, ts: messageId, ...content })),
          signal,
        )
      }),
  }
}

const isOfBlockType = ({ data }: WebAPIPlatformError) =>
  data.response_metadata?.messages?.some((message) => /unsupported type: markdown/i.test(message)) ?? false
