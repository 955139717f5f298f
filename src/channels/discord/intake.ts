import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { ChannelError, type ChannelHost, type Inbound } from '../channel.ts'
import { pause, type Call } from './call.ts'
import type { ChannelInfos } from './channel-infos.ts'
import { justBefore, type LastSeen } from './last-seen.ts'
import { parseInteraction, type Handle } from './parse-interaction.ts'
import { hasThreads, isThread, parseMessage, type ChannelInfo, type MessageContext } from './parse-message.ts'
import type { OwnRoles } from './own-roles.ts'
import { ON_IT } from './receive.ts'
import { snowflake } from './wire.ts'

export interface Intake {
  /** Settles when it is stored, or is nothing to us. Throws where the signal comes first. */
  message(data: unknown, guild: string, signal: AbortSignal): Promise<void>
  /** As above; then Discord is told that it has arrived. */
  interaction(data: unknown, signal: AbortSignal): Promise<void>
  /** It was not stored: its channel must be read from there. */
  miss(message: unknown): void
  /** Settles when nothing is being told any more. */
  settled(): Promise<void>
}

interface Parts {
  host: Pick<ChannelHost, 'commands' | 'take' | 'log'>
  call: Call
  infos: ChannelInfos
  ownRoles: OwnRoles
  seen: LastSeen
  /** User id of the bot. */
  me(): string
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 15_000
const ACKNOWLEDGE_MS = 5000

const headShape = z.object({
  id: snowflake,
  channel_id: snowflake,
  guild_id: snowflake.optional(),
  author: z.object({ id: snowflake }),
  // The Gateway tells it, the history does not.
  channel_type: z.number().optional(),
  mention_roles: z.array(z.unknown()).default([]),
})
type Head = z.infer<typeof headShape>

const PLAIN: ChannelInfo = { parent: '', hasThreads: true }

export function createIntake({ host, call, infos, ownRoles, seen, me }: Parts): Intake {
  const acknowledgements = new Set<Promise<void>>()

  /** The database may be away. Then this waits, and all behind it: their order is kept, and none is lost. */
  const store = (event: Inbound, signal: AbortSignal) =>
    insist(
      () => host.take(event),
      (error) => host.log(`What was said on Discord could not be stored, and is tried again: ${messageOf(error)}`),
      signal,
    )

  /** What we are told of and may not see is nothing that could be waited for. */
  const ask = <T>(what: string, work: () => Promise<T>, otherwise: T, signal: AbortSignal) =>
    insist(
      () =>
        work().catch((error: unknown) => {
          if (error instanceof ChannelError && (error.kind === 'gone' || error.kind === 'invalid')) return otherwise
          throw error
        }),
      (error) => host.log(`Discord does not say ${what}: ${messageOf(error)}`),
      signal,
    )

  async function contextOf(
    { channel_id: channel, channel_type: type, mention_roles: roles }: Head,
    guild: string,
    signal: AbortSignal,
  ): Promise<MessageContext> {
    const { commands } = host
    const context = {
      me: me(),
      myRole: '',
      guild,
      commands,
      parent: '',
      hasThreads: type !== undefined && hasThreads(type),
    }
    if (guild === '') return context
    if (roles.length > 0)
      context.myRole = await ask(`which role is ours in ${guild}`, () => ownRoles(guild, me(), signal), '', signal)
    if (type !== undefined && !isThread(type)) return context
    const info = await ask(`what channel ${channel} is`, () => infos.of(channel, signal), PLAIN, signal)
    return { ...context, ...info }
  }

  /** It stops turning. Discord takes this for three seconds only, so it may fail: what was meant is stored. */
  async function acknowledge({ id, token, type }: Handle) {
    try {
      await call(
        (api, signal) =>
          type === 'command'
            ? api.interactions.reply(id, token, ON_IT, { signal })
            : api.interactions.deferMessageUpdate(id, token, {}, { signal }),
        { timeoutMs: ACKNOWLEDGE_MS },
      )
    } catch (error) {
      host.log(`A ${type} was taken, and Discord could not be told so: ${messageOf(error)}`)
    }
  }

  return {
    async message(data, defaultGuild, signal) {
      const { data: head } = headShape.safeParse(data)
      if (!head) return host.log('Discord: a message was left out that does not read like one.')
      const { id, channel_id: channel, guild_id: guild = defaultGuild, author } = head
      let isOurs = author.id === me()
      if (!isOurs) {
        const said = parseMessage(data, await contextOf(head, guild, signal))
        if (said.type === 'unreadable') host.log(`A message of Discord was left out: ${said.reason}`)
        if (said.type === 'message') {
          await store(said, signal)
          isOurs = said.isAddressed
        }
      }
      seen.note({ channel, guild, after: id }, isOurs)
    },
    async interaction(data, signal) {
      const { said, handle } = parseInteraction(data)
      if (said.type === 'unreadable') host.log(`An interaction of Discord was left out: ${said.reason}`)
      if (said.type === 'message' || said.type === 'choice') await store(said, signal)
      if (!handle) return
      // Not waited for: nobody else's words wait for it.
      const acknowledgement = acknowledge(handle).finally(() => acknowledgements.delete(acknowledgement))
      acknowledgements.add(acknowledgement)
    },
    miss(message) {
      const { data: head } = headShape.safeParse(message)
      if (!head) return
      const { id, channel_id: channel, guild_id: guild = '' } = head
      // Where we have heard something before, that is earlier still.
      if (!seen.all().some((known) => known.channel === channel))
        seen.note({ channel, guild, after: justBefore(id) }, true)
    },
    async settled() {
      await Promise.all(acknowledgements)
    },
  }
}

/** Again and again, until it is done. Throws where the signal comes first. */
async function insist<T>(work: () => Promise<T>, complain: (error: unknown) => void, signal: AbortSignal): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      complain(error)
      await pause(waitMs, signal)
    }
  }
}
