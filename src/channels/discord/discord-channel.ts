import type { Channel, ChannelHost, ChannelLimits } from '../channel.ts'
import { createCall, createRest } from './call.ts'
import { createDelivery } from './deliver.ts'
import { createFetchFile } from './fetch-file.ts'
import { startListening } from './listen.ts'
import { createReceive } from './receive.ts'
import type { DiscordSettings } from './settings.ts'

const LIMITS: ChannelLimits = {
  // Discord takes 2000.
  text: 1990,
  pieces: 20,
  // Some five messages in five seconds, in each channel.
  sendGapMs: 1100,
  editGapMs: 1200,
  fileBytes: 10 * 1024 * 1024,
  idempotentSend: true,
}

const MOST_SERVERS = 200

/** Discord does the same now and then. Its key signs, and only Discord has that. */
const FORGED = {
  headers: {
    'content-type': 'application/json',
    'x-signature-timestamp': '0',
    'x-signature-ed25519': '0'.repeat(128),
  },
  body: JSON.stringify({ type: 1 }),
}

/** One bot. @discordjs carries the calls and the Gateway; what follows from a refusal is ours. */
export function createDiscordChannel(settings: DiscordSettings, host: ChannelHost): Channel {
  const { token, streaming, apiUrl, publicKey } = settings
  const rest = createRest(apiUrl)
  const call = createCall(rest, token)
  return {
    name: 'discord',
    limits: LIMITS,
    streaming,
    async check() {
      const { username } = await call((api, signal) => api.users.getCurrent({ signal }))
      const { length } = await call((api, signal) => api.users.getGuilds({ limit: MOST_SERVERS }, { signal }))
      const servers = `${length}${length === MOST_SERVERS ? ' or more' : ''} server${length === 1 ? '' : 's'}`
      return `Discord bot ${username} in ${servers}`
    },
    start: () => startListening({ token, rest, call, host }),
    ...(publicKey !== undefined && { receive: createReceive(publicKey, host), testPosts: () => ({ forged: FORGED }) }),
    ...createDelivery(call),
    fetchFile: createFetchFile(call, apiUrl),
  }
}
