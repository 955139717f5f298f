import { Api } from 'grammy'
import type { Channel, ChannelHost, ChannelLimits, StreamingMode } from '../channel.ts'
import { call } from './call.ts'
import { createFetchFile } from './fetch-file.ts'
import { tappable } from './menu.ts'
import { startPolling } from './poll.ts'
import { createEditor, createSender } from './send.ts'
import { createTaker } from './take-update.ts'
import { createReceiver, startWebhook, testPosts, webhookSecret } from './webhook.ts'

export interface TelegramOptions {
  token: string
  streaming: StreamingMode
  /** Of a Bot API server of one's own, without a slash at the end. */
  apiUrl?: string | undefined
  /** Where Telegram posts. Left out: we ask. */
  webhookUrl?: string | undefined
}

/** A group takes twenty messages a minute; what goes beyond is refused with the time to wait. */
const LIMITS: ChannelLimits = {
  text: 3900,
  pieces: 20,
  sendGapMs: 1050,
  editGapMs: 1100,
  fileBytes: 50_000_000,
  idempotentSend: false,
}

/** One bot. grammY carries the calls; receiving and what follows from a refusal are ours. */
export function createTelegram({ token, streaming, apiUrl, webhookUrl }: TelegramOptions, host: ChannelHost): Channel {
  const api = new Api(token, apiUrl === undefined ? {} : { apiRoot: apiUrl })
  const taker = createTaker(api, host)
  const hook = webhookUrl !== undefined && { api, host, taker, url: webhookUrl, secret: webhookSecret(token) }
  return {
    name: 'telegram',
    limits: LIMITS,
    streaming,
    async check() {
      const { username } = await call((signal) => api.getMe(signal))
      return `Telegram bot @${username}`
    },
    start: () => (hook ? startWebhook(hook) : startPolling({ api, host, taker })),
    ...(hook && { receive: createReceiver(hook), testPosts: () => testPosts(hook) }),
    send: createSender(api, tappable(host.commands)),
    edit: createEditor(api, tappable(host.commands)),
    fetchFile: createFetchFile({ api, token, apiUrl }),
  }
}
