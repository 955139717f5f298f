import type { ChannelKind } from '../channel.ts'
import { MANIFEST } from './manifest.ts'
import { placeOf } from './place-of.ts'
import { readSettings, SETTINGS } from './settings.ts'
import { createSlackChannel } from './slack-channel.ts'

export const slack = {
  title: 'Slack',
  create(settings, host) {
    const read = readSettings(settings)
    return read && createSlackChannel(read, host)
  },
  settings: SETTINGS,
  setup: {
    steps: [
      'Open https://api.slack.com/apps, press Create New App, choose From a manifest, pick your workspace and paste the manifest below.',
      'Under Basic Information → App-Level Tokens, generate a token with the scope connections:write: this is SLACK_APP_TOKEN (xapp-…).',
      'Under Install App, install it to the workspace, and copy the Bot User OAuth Token: this is SLACK_BOT_TOKEN (xoxb-…).',
      'Write the member ids of those who may use it into SLACK_ALLOWED_USER_IDS.',
      'Write to the app in a direct message, or invite it to a channel with /invite @Drover and mention it there.',
    ],
    manifest: MANIFEST,
    ownId: 'In Slack, open your profile, press the three dots and choose Copy member ID. It begins with U or W.',
    placeOf,
  },
} satisfies ChannelKind
