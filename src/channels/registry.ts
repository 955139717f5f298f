import type { ChannelKind } from './channel.ts'

interface Entry {
  /** One of these settings makes it a channel; none: it is always there. */
  needs: readonly string[]
  /** Its libraries are large: only what is used is loaded. */
  load(): Promise<ChannelKind>
}

/** Every kind of channel there is, by the name of its channel. */
export const CHANNEL_KINDS: Readonly<Record<string, Entry>> = {
  telegram: {
    needs: ['TELEGRAM_BOT_TOKEN'],
    load: async () => (await import('./telegram/telegram.ts')).telegram,
  },
  slack: {
    needs: ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN'],
    load: async () => (await import('./slack/slack.ts')).slack,
  },
  discord: { needs: ['DISCORD_TOKEN'], load: async () => (await import('./discord/discord.ts')).discord },
  github: { needs: ['WEBHOOK_SECRET'], load: async () => (await import('./github/github.ts')).github },
  console: { needs: [], load: async () => (await import('./console/console.ts')).consoleChannel },
  webhook: { needs: [], load: async () => (await import('./webhook/webhook.ts')).webhookChannel },
}
