/** Discord for the contract suite. */
import type { Place } from '../../../src/channels/channel.ts'
import { discord as kind } from '../../../src/channels/discord/discord.ts'
import { RATE_SECONDS, type ChannelSubject, type Fault, type Platform } from '../../channel-contract.ts'
import { createTestStore } from '../../channel-host.ts'
import type { Fault as DiscordFault } from './faults.ts'
import { startDiscord, WRITES, type FakeDiscord } from './start-discord.ts'

export const discordSubject: ChannelSubject = {
  name: 'Discord',
  async open() {
    const discord = await startDiscord()
    const settings = { DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl }
    return {
      store: createTestStore(),
      create: (host) => kind.create(settings, host)!,
      platform: createPlatform(discord),
      [Symbol.asyncDispose]: discord.stop,
    }
  },
}

function createPlatform(discord: FakeDiscord): Platform {
  const { people, gateway } = discord
  let lastSent = ''
  const channelOf = ({ room, thread }: Place) => thread || room
  return {
    person: { id: people.ada.id, name: people.ada.username },
    say: async (text) => void people.say(people.direct, text),
    sayToOthers: async (text) => void people.say(people.channel, text),
    mention: async (text) => void people.say(people.channel, `@Drover ${text}`),
    command: async (text) => people.slash(people.direct, text),
    press: async (place, messageId, label) => people.press(channelOf(place), messageId, label),
    redeliver: async () => gateway.repeat(),
    shown: async (place) => people.shown(channelOf(place)),
    remove: async (place, messageId) => people.remove(channelOf(place), messageId),
    throwOut: async ({ room }) => people.throwOut(room),
    setTokenValid: discord.setTokenValid,
    fault: (fault) => discord.fail(WRITES, FAULTS[fault]),
    dropConnections: discord.dropConnections,
    listeners: gateway.count,
    files: {
      async send({ name, content, ...file }, text) {
        const sent = { ...file, name: file.isVoice ? 'voice-message.ogg' : name, content: Buffer.from(content) }
        lastSent = people.say(people.direct, text, { files: [sent] })
      },
      removeLast: async () => people.removeFiles(lastSent),
    },
  }
}

const FAULTS: Record<Fault, DiscordFault> = {
  rate: { kind: 'rate', seconds: RATE_SECONDS },
  'server-error': { kind: 'server-error', status: 503 },
  'drop-before': { kind: 'drop-before' },
  'drop-after': { kind: 'drop-after' },
}
