import { z } from 'zod'
import { BUSY_MODES, type BusyMode } from './conversations/conversation.ts'

const text = (description: string, example?: string) => z.string().optional().meta({ description, example })
const secret = (description: string, example?: string) =>
  z.string().optional().meta({ description, example, secret: true })
const streaming = (platform: string, usual: 'stream' | 'batch' = 'stream') =>
  z
    .enum(['stream', 'batch', 'chunks'])
    .default(usual)
    .meta({
      description: `How answers come to ${platform}. stream: one message that grows; batch: one at the end; chunks: one a piece`,
    })

const busy = (platform: string) =>
  z
    .enum(BUSY_MODES)
    .default('queue')
    .meta({
      description: `What becomes of a message on ${platform} while a task runs: it waits, is told to the agent, stops the task, or joins the message that waits`,
    })

/** The settings of channels, as all others: `drover setup <channel>` asks for them. */
export const ChannelSettings = {
  TELEGRAM_BOT_TOKEN: secret('Token of your Telegram bot, from @BotFather', '123456789:AAE…'),
  TELEGRAM_ALLOWED_USER_IDS: text(
    'Who may use the bot: Telegram user ids, separated by commas. Empty: nobody',
    '123456789',
  ),
  TELEGRAM_STREAMING_MODE: streaming('Telegram'),
  TELEGRAM_BUSY_MODE: busy('Telegram'),
  TELEGRAM_WEBHOOK_URL: text(
    'Where Telegram shall post, instead of being asked',
    'https://drover.example.com/webhooks/telegram',
  ),
  TELEGRAM_API_URL: text('Your own Bot API server', 'http://localhost:8081'),

  SLACK_BOT_TOKEN: secret('Bot token of your Slack app', 'xoxb-…'),
  SLACK_APP_TOKEN: secret('App-level token of your Slack app, for Socket Mode', 'xapp-…'),
  SLACK_SIGNING_SECRET: secret(
    'Signing secret of your Slack app, where Slack posts to /webhooks/slack instead of Socket Mode',
  ),
  SLACK_ALLOWED_USER_IDS: text(
    'Who may use the app: Slack member ids, separated by commas. Empty: nobody',
    'U012AB3CD',
  ),
  SLACK_STREAMING_MODE: streaming('Slack'),
  SLACK_BUSY_MODE: busy('Slack'),
  SLACK_API_URL: text('Where Slack’s API is, if not at Slack', 'https://slack.example.com/api/'),

  WEBHOOK_SECRET: secret(
    'Secret of the webhook that GitHub posts to /webhooks/github; several, with commas, while it is changed. With it, GitHub is a channel, by GITHUB_TOKEN or a GitHub App',
  ),
  BOT_NAME: text(
    'What people write behind @ on GitHub to speak to Drover. Default: coding-assistant',
    'coding-assistant',
  ),
  GITHUB_APP_ID: text('A GitHub App, instead of a personal token', '123456'),
  GITHUB_APP_PRIVATE_KEY: secret('Its private key: the .pem file, line breaks written as \\n'),
  GITHUB_STREAMING_MODE: streaming('GitHub', 'batch'),
  GITHUB_BUSY_MODE: busy('GitHub'),
  GITHUB_API_URL: text('Where the API is, for GitHub Enterprise', 'https://github.example.com/api/v3'),

  DISCORD_TOKEN: secret('Token of your Discord bot', 'MTIz….GAbc.…'),
  DISCORD_ALLOWED_USER_IDS: text(
    'Who may use the bot: Discord user ids, separated by commas. Empty: nobody',
    '80351110224678912',
  ),
  DISCORD_STREAMING_MODE: streaming('Discord'),
  DISCORD_BUSY_MODE: busy('Discord'),
  DISCORD_PUBLIC_KEY: text('Public key of the application, where Discord posts to /webhooks/discord'),
  DISCORD_API_URL: text('Where Discord’s API is, if not at Discord', 'https://discord.example.com/api'),

  DROVER_WEBHOOKS_ALLOW_PRIVATE: z.enum(['true', 'false']).default('false').meta({
    description: 'true: webhooks may go to this machine and to private networks, too',
  }),

  DROVER_SECRET_KEY: secret(
    'What credentials of further Slack workspaces are encrypted with; the same on all machines that share a database. Default: the file secret-key in the data folder',
  ),
}

/** By name, those that have a value: what a channel is made from. */
export function channelSettingsIn(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    [...Object.keys(ChannelSettings), 'GITHUB_TOKEN', 'GH_TOKEN'].flatMap((name) => {
      const value = settings[name]
      return typeof value === 'string' && name !== 'DROVER_SECRET_KEY' ? [[name, value]] : []
    }),
  )
}

/** The allow-list of a channel: `<CHANNEL>_ALLOWED_USER_IDS`. */
export function allowedIn(settings: Readonly<Record<string, string>>, channel: string): ReadonlySet<string> {
  const list = settings[`${channel.toUpperCase()}_ALLOWED_USER_IDS`] ?? ''
  return new Set(list.split(/[\s,]+/).filter((id) => id !== ''))
}

/** What the settings of a channel say of messages that come while a task runs. */
export function busyIn(settings: Readonly<Record<string, string>>, channel: string): BusyMode {
  const mode = settings[`${channel.toUpperCase()}_BUSY_MODE`]
  return BUSY_MODES.find((each) => each === mode) ?? 'queue'
}
