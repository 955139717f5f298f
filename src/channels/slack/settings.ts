import { UserError } from '../../lib/errors.ts'
import type { ChannelKind, StreamingMode } from '../channel.ts'

export interface SlackSettings {
  botToken: string | undefined
  /** Where it is set, Slack is listened to in Socket Mode. */
  appToken: string | undefined
  /** Where it is set, Slack may post. */
  signingSecret: string | undefined
  streaming: StreamingMode
  apiUrl: string | undefined
}

const STREAMING_MODES: readonly string[] = ['stream', 'batch', 'chunks'] satisfies StreamingMode[]

export const SETTINGS: ChannelKind['settings'] = [
  { name: 'SLACK_APP_TOKEN', what: 'The app-level token, with connections:write', example: 'xapp-…', isSecret: true },
  { name: 'SLACK_BOT_TOKEN', what: 'The bot user OAuth token', example: 'xoxb-…', isSecret: true },
  {
    name: 'SLACK_ALLOWED_USER_IDS',
    what: 'Who may use Drover in Slack: member ids, with commas between them',
    example: 'U012AB3CD,U045EF6GH',
  },
  {
    name: 'SLACK_SIGNING_SECRET',
    what: 'Only where Slack posts to /webhooks/slack instead of Socket Mode: the signing secret of the app',
    isSecret: true,
    isOptional: true,
  },
  {
    name: 'SLACK_STREAMING_MODE',
    what: 'How answers appear: stream (one message grows), batch (one message at the end), chunks (a message a piece)',
    example: 'stream',
    isOptional: true,
  },
  {
    name: 'SLACK_API_URL',
    what: 'Where the Web API is, for a proxy',
    example: 'https://slack.com/api/',
    isOptional: true,
  },
]

/** Undefined where they name no Slack app. Throws UserError where they do not fit together. */
export function readSettings(settings: Readonly<Record<string, string>>): SlackSettings | undefined {
  const botToken = valueOf(settings, 'SLACK_BOT_TOKEN')
  const appToken = valueOf(settings, 'SLACK_APP_TOKEN')
  const signingSecret = valueOf(settings, 'SLACK_SIGNING_SECRET')
  if (botToken === undefined && appToken === undefined) return undefined
  if (signingSecret === undefined) {
    if (botToken === undefined) throw missing('SLACK_BOT_TOKEN', 'the bot token (xoxb-…) under OAuth & Permissions')
    if (appToken === undefined) throw missing('SLACK_APP_TOKEN', 'the app-level token (xapp-…) under Basic Information')
  }
  checkPrefix('SLACK_BOT_TOKEN', botToken, /^(xoxe\.)?xoxb-/, 'xoxb-')
  checkPrefix('SLACK_APP_TOKEN', appToken, /^xapp-/, 'xapp-')
  return { botToken, appToken, signingSecret, streaming: streamingOf(settings), apiUrl: apiUrlOf(settings) }
}

function valueOf(settings: Readonly<Record<string, string>>, name: string): string | undefined {
  return settings[name]?.trim() || undefined
}

const missing = (name: string, what: string) =>
  new UserError(
    'slack-settings',
    `${name} is missing: Slack needs ${what} of the app as well. \`drover setup slack\` leads there.`,
  )

/** The two tokens are confused easily, and Slack's answer does not say so. */
function checkPrefix(name: string, value: string | undefined, pattern: RegExp, prefix: string) {
  if (value !== undefined && !pattern.test(value))
    throw new UserError(
      'slack-settings',
      `${name} must begin with ${prefix}. See what is copied where: \`drover setup slack\`.`,
    )
}

function streamingOf(settings: Readonly<Record<string, string>>): StreamingMode {
  const mode = valueOf(settings, 'SLACK_STREAMING_MODE') ?? 'stream'
  if (!isStreamingMode(mode))
    throw new UserError(
      'slack-settings',
      `SLACK_STREAMING_MODE is ${mode}, and must be one of ${STREAMING_MODES.join(', ')}.`,
    )
  return mode
}

const isStreamingMode = (mode: string): mode is StreamingMode => STREAMING_MODES.includes(mode)

function apiUrlOf(settings: Readonly<Record<string, string>>): string | undefined {
  const url = valueOf(settings, 'SLACK_API_URL')
  if (url !== undefined && !(URL.canParse(url) && url.endsWith('/api/')))
    throw new UserError(
      'slack-settings',
      'SLACK_API_URL must be a URL that ends in /api/, such as https://slack.com/api/.',
    )
  return url
}
