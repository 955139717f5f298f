import { z } from 'zod'
import type { Call } from './call.ts'
import { patiently } from './call.ts'
import { hasThreads, isThread, type ChannelInfo } from './parse-message.ts'
import { snowflake } from './wire.ts'

/** What kind of channel each is. The Gateway tells most of them; the others are asked for once. */
export interface ChannelInfos {
  /** Takes from an event what it tells of channels. */
  learn(type: string, data: unknown): void
  /** Throws ChannelError while Discord does not answer. */
  of(channel: string, signal: AbortSignal): Promise<ChannelInfo>
}

/** When there are more, all are forgotten and asked for anew. */
const MOST = 20_000

const channelShape = z.object({ id: snowflake, type: z.number(), parent_id: snowflake.nullish() })
const tellingShape = z.object({
  channels: z.array(channelShape).default([]),
  threads: z.array(channelShape).default([]),
})
const MANY = new Set(['GUILD_CREATE', 'THREAD_LIST_SYNC'])
const ONE = new Set(['CHANNEL_CREATE', 'CHANNEL_UPDATE', 'THREAD_CREATE', 'THREAD_UPDATE'])

export function createChannelInfos(call: Call): ChannelInfos {
  const known = new Map<string, ChannelInfo>()

  function note({ id, type, parent_id: parent }: z.infer<typeof channelShape>): ChannelInfo {
    if (known.size >= MOST) known.clear()
    const info = { parent: isThread(type) ? (parent ?? '') : '', hasThreads: hasThreads(type) }
    known.set(id, info)
    return info
  }

  return {
    learn(type, data) {
      if (ONE.has(type)) {
        const { data: channel } = channelShape.safeParse(data)
        if (channel) note(channel)
      } else if (MANY.has(type)) {
        const { channels = [], threads = [] } = tellingShape.safeParse(data).data ?? {}
        for (const channel of [...channels, ...threads]) note(channel)
      }
    },
    async of(channel, signal) {
      const info = known.get(channel)
      if (info) return info
      const found = await patiently(signal, () =>
        call((api, signal) => api.channels.get(channel, { signal }), { signal }),
      )
      return note(channelShape.parse(found))
    },
  }
}
