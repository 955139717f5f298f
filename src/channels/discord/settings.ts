import { UserError } from '../../lib/errors.ts'
import type { ChannelKind, StreamingMode } from '../channel.ts'

export interface DiscordSettings {
  token: string
  streaming: StreamingMode
  /** Without a slash at the end, and without the version. */
  apiUrl: string | undefined
  /** Where it is set, Discord may post commands and buttons. Hexadecimal. */
  publicKey: string | undefined
}

export const SETTINGS: ChannelKind['settings'] = [
  {
    name: 'DISCORD_TOKEN',
    what: 'Token of the bot, as the developer portal shows it once under Bot → Reset Token.',
    example: 'MTIz….GAbc.…',
    isSecret: true,
  },
  {
    name: 'DISCORD_ALLOWED_USER_IDS',
    what: 'Who may use the bot: Discord user ids, separated by commas.',
    example: '80351110224678912,190320984123768832',
  },
  {
    name: 'DISCORD_STREAMING_MODE',
    what: '`stream`: one message that grows while it is written. `batch`: one message at the end. `chunks`: a message for each piece.',
    example: 'stream',
    isOptional: true,
  },
  {
    name: 'DISCORD_PUBLIC_KEY',
    what: 'Only where Discord posts commands and buttons to /webhooks/discord: the public key of the application (General Information).',
    example: '64 hexadecimal digits',
    isOptional: true,
  },
  {
    name: 'DISCORD_API_URL',
    what: "Where Discord's API is, for a proxy.",
    example: 'https://discord.com/api',
    isOptional: true,
  },
]

/** Undefined where they name no bot. Throws UserError where a value cannot be right. */
export function readSettings(settings: Readonly<Record<string, string>>): DiscordSettings | undefined {
  const valueOf = (name: string) => settings[name]?.trim() || undefined
  // The portal shows it bare; many guides put the word in front.
  const token = valueOf('DISCORD_TOKEN')?.replace(/^Bot\s+/i, '')
  if (token === undefined) return undefined
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token))
    throw refuse(
      'DISCORD_TOKEN is no bot token: it has three parts with dots between them. Under Bot in the developer portal, press Reset Token and copy it whole. It is neither the client secret nor the public key.',
    )
  return {
    token,
    streaming: streamingOf(valueOf('DISCORD_STREAMING_MODE')),
    apiUrl: urlOf(valueOf('DISCORD_API_URL')),
    publicKey: publicKeyOf(valueOf('DISCORD_PUBLIC_KEY')),
  }
}

const STREAMING: Record<string, StreamingMode> = { stream: 'stream', batch: 'batch', chunks: 'chunks' }

function streamingOf(given = 'stream'): StreamingMode {
  const mode = STREAMING[given]
  if (!mode) throw refuse(`DISCORD_STREAMING_MODE is "${given}": set it to stream, batch or chunks.`)
  return mode
}

function urlOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined
  if (!/^https?:$/.test(URL.parse(given)?.protocol ?? ''))
    throw refuse(`DISCORD_API_URL is "${given}": write it whole, such as https://discord.com/api.`)
  return given.replace(/\/+$/, '')
}

function publicKeyOf(given: string | undefined): string | undefined {
  if (given === undefined || /^[\da-f]{64}$/i.test(given)) return given
  throw refuse(
    'DISCORD_PUBLIC_KEY must be 64 hexadecimal digits: copy it from General Information in the developer portal.',
  )
}

const refuse = (message: string) => new UserError('discord-settings', message)
