/** A channel on the fake, for the tests of the Discord plug-in alone. */
import { expect } from 'vitest'
import type { Channel, Place } from '../../../src/channels/channel.ts'
import { discord as kind } from '../../../src/channels/discord/discord.ts'
import { createTestStore, type TestHost, type TestStore } from '../../channel-host.ts'
import { startDiscord, type FakeDiscord } from './start-discord.ts'

interface Live {
  channel: Channel
  host: TestHost
  stop(): Promise<void>
}

export interface DiscordKit extends AsyncDisposable {
  discord: FakeDiscord
  store: TestStore
  /** A channel of its own, not started. */
  create(settings?: Record<string, string>): { channel: Channel; host: TestHost }
  /** One that listens. */
  start(): Promise<Live>
  direct: Place
  /** In the server's channel, or the thread of a message there. */
  inChannel(thread?: string): Place
  texts(): string[]
}

export async function openDiscord(): Promise<DiscordKit> {
  const discord = await startDiscord()
  const store = createTestStore()
  const running = new Set<() => Promise<void>>()
  const { people, world } = discord

  function create(settings: Record<string, string> = {}) {
    const host = store.createHost()
    const own = { DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl }
    return { channel: kind.create({ ...own, ...settings }, host)!, host }
  }

  return {
    discord,
    store,
    create,
    async start() {
      const { channel, host } = create()
      const { stop } = channel.start()
      running.add(stop)
      await expect.poll(host.isUp).toBe(true)
      return { channel, host, stop }
    },
    direct: { channel: 'discord', tenant: '', room: people.direct, thread: '' },
    inChannel: (thread = '') => ({ channel: 'discord', tenant: world.guild, room: people.channel, thread }),
    texts: () => store.events.map((event) => (event.type === 'message' ? event.text : event.choiceId)),
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((stop) => stop()))
      await discord.stop()
    },
  }
}
