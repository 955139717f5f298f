import type { ChannelKind } from './channel.ts'
import { consoleChannel } from './console/console.ts'
import { slack } from './slack/slack.ts'
import { telegram } from './telegram/telegram.ts'

/** Every kind of channel there is, by the name of its channel. */
export const CHANNEL_KINDS: Readonly<Record<string, ChannelKind>> = { telegram, slack, console: consoleChannel }
