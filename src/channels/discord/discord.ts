import type { ChannelKind } from '../channel.ts'
import { createDiscordChannel } from './discord-channel.ts'
import { placeOf } from './place-of.ts'
import { readSettings, SETTINGS } from './settings.ts'

/** View Channels, Send Messages, Send Messages in Threads, Create Public Threads, Read Message History, Attach Files. */
const PERMISSIONS = (1n << 10n) | (1n << 11n) | (1n << 38n) | (1n << 35n) | (1n << 16n) | (1n << 15n)

/** A Discord bot. */
export const discord = {
  title: 'Discord',
  create(settings, host) {
    const read = readSettings(settings)
    return read && createDiscordChannel(read, host)
  },
  settings: SETTINGS,
  setup: {
    steps: [
      'Open https://discord.com/developers/applications, press New Application and give it a name.',
      'Under Bot, switch on "Message Content Intent" (Privileged Gateway Intents), and save.',
      'Under Bot, press Reset Token and copy it: this is DISCORD_TOKEN.',
      `Invite it to your server: copy the Application ID from General Information, and open https://discord.com/oauth2/authorize?client_id=<Application ID>&scope=bot+applications.commands&permissions=${PERMISSIONS}.`,
      'Write the user ids of those who may use it into DISCORD_ALLOWED_USER_IDS.',
      'Mention the bot in a channel, or open its profile and write it a direct message.',
    ],
    ownId:
      'In Discord, switch on Developer Mode (User Settings → Advanced), then right-click your name and choose Copy User ID.',
    placeOf,
  },
} satisfies ChannelKind
