import { createHash } from 'node:crypto'
import { UserError } from '../../lib/errors.ts'
import { signWebhook } from '../../lib/standard-webhooks.ts'
import {
  ChannelError,
  type Channel,
  type ChannelHost,
  type ChannelKind,
  type Place,
  type SendOptions,
} from '../channel.ts'
import { post } from './post.ts'

/** Programs. What becomes of tasks is posted to the addresses that they have given (`drover webhook add`). */
export const webhookChannel = {
  title: 'Webhooks',
  create: (settings, host) => createWebhooks(host, settings.DROVER_WEBHOOKS_ALLOW_PRIVATE === 'true'),
  settings: [],
  setup: {
    steps: ['Nothing to do: `drover webhook add <url>` gives an address.'],
    ownId: 'A program signs with its secret; nobody is on a list.',
    placeOf(given) {
      const tenant = given.trim()
      if (/^whs_[0-9a-z]+$/.test(tenant)) return { tenant, room: '', thread: '' }
      throw new UserError('webhook-settings', `"${given}" is no webhook: give its id, whs_….`)
    },
  },
} satisfies ChannelKind

const createWebhooks = (host: ChannelHost, allowPrivate: boolean): Channel => ({
  name: 'webhook',
  limits: { text: 1_000_000, pieces: 1, sendGapMs: 0, editGapMs: 0, fileBytes: 0, idempotentSend: true },
  streaming: 'batch',
  check: async () => 'Programs, by `drover webhook`.',
  start() {
    host.report({ isUp: true })
    return { stop: async () => undefined }
  },
  async send({ tenant }: Place, { markdown: body, file }, { idempotencyKey, signal }: SendOptions) {
    if (file) throw new ChannelError('invalid', 'Webhooks take no files.')
    const id = `msg_${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 32)}`
    // Whoever posts to a hook has no address, and is told nothing.
    if (tenant.startsWith('hok_')) return id
    const credentials = await host.readCredentials(tenant)
    // Removed while this was on its way.
    if (!credentials) throw new ChannelError('gone', 'The webhook is no more.')
    const { url = '', secret = '' } = credentials
    const seconds = Math.floor(Date.now() / 1_000)
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Drover',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signWebhook(secret, { id, seconds, body }),
    }
    await post({ url, body, headers, allowPrivate, signal })
    return id
  },
  // What was posted stays as it is.
  edit: async () => undefined,
})
