import { UserError } from '../../lib/errors.ts'
import type { ChannelKind, StreamingMode } from '../channel.ts'
import { createTelegram } from './create-telegram.ts'

/** A Telegram bot. */
export const telegram = {
  title: 'Telegram',

  create(settings, host) {
    const token = settings.TELEGRAM_BOT_TOKEN ?? ''
    if (token === '') return undefined
    if (!/^\d+:[\w-]+$/.test(token))
      throw refuse('TELEGRAM_BOT_TOKEN is no bot token: copy it whole from @BotFather, digits, colon and letters.')
    return createTelegram(
      {
        token,
        streaming: readStreaming(settings.TELEGRAM_STREAMING_MODE),
        apiUrl: readUrl('TELEGRAM_API_URL', settings)?.replace(/\/+$/, ''),
        webhookUrl: readUrl('TELEGRAM_WEBHOOK_URL', settings),
      },
      host,
    )
  },

  settings: [
    {
      name: 'TELEGRAM_BOT_TOKEN',
      what: 'Token of the bot, as @BotFather shows it.',
      example: '123456789:AAE…',
      isSecret: true,
    },
    {
      name: 'TELEGRAM_ALLOWED_USER_IDS',
      what: 'Who may use the bot: Telegram user ids, separated by commas.',
      example: '123456789,987654321',
    },
    {
      name: 'TELEGRAM_STREAMING_MODE',
      what: '`stream`: one message that grows while it is written. `batch`: one message at the end. `chunks`: a message for each piece.',
      example: 'stream',
      isOptional: true,
    },
    {
      name: 'TELEGRAM_WEBHOOK_URL',
      what: "Public address of Drover's /webhooks/telegram, if Telegram shall post there. Left out: Drover asks Telegram, and needs no public address.",
      example: 'https://drover.example.org/webhooks/telegram',
      isOptional: true,
    },
    {
      name: 'TELEGRAM_API_URL',
      what: "A Bot API server of your own, instead of Telegram's.",
      example: 'http://localhost:8081',
      isOptional: true,
    },
  ],

  setup: {
    steps: [
      'Write /newbot to @BotFather (https://t.me/BotFather), and give the bot a name and a username that ends in "bot".',
      'Copy the token that @BotFather answers with.',
      'For groups: write /setprivacy to @BotFather, and choose "Disable" if the bot shall see more than commands, mentions and answers to it. Then add it to the group.',
      'Write /start to your bot: a bot may not speak first.',
    ],
    ownId: 'Write anything to @userinfobot (https://t.me/userinfobot): it answers with your id, a number.',
    placeOf,
  },
} satisfies ChannelKind

const STREAMING: Record<string, StreamingMode> = { stream: 'stream', batch: 'batch', chunks: 'chunks' }

function readStreaming(given: string | undefined): StreamingMode {
  const mode = STREAMING[given || 'stream']
  if (!mode) throw refuse(`TELEGRAM_STREAMING_MODE is "${given}": set it to stream, batch or chunks.`)
  return mode
}

function readUrl(name: string, settings: Readonly<Record<string, string>>): string | undefined {
  const given = settings[name] ?? ''
  if (given === '') return undefined
  const url = URL.parse(given)
  if (url && /^https?:$/.test(url.protocol)) return given
  throw refuse(`${name} is "${given}": write it whole, with https:// in front.`)
}

/** `123456789` (a person who wrote to the bot), `-1001234567890` (a group), `-1001234567890/42` (a topic of it), `@name` (a public group). */
function placeOf(given: string) {
  const [whole, room, thread = ''] = /^(-?\d+|@\w{4,})(?:\/(\d+))?$/.exec(given.trim()) ?? []
  if (whole === undefined || room === undefined)
    throw refuse(`"${given}" is no chat: give the id of a person or group, or id/topic.`)
  return { tenant: '', room, thread }
}

const refuse = (message: string) => new UserError('telegram-settings', message)
