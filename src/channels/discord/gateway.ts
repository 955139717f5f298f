import { setTimeout as sleep } from 'node:timers/promises'
import type { REST } from '@discordjs/rest'
import { WebSocketManager, WebSocketShardEvents, WebSocketShardStatus } from '@discordjs/ws'
import { messageOf } from '../../lib/errors.ts'
import { ChannelError, type ChannelHost } from '../channel.ts'
import { pause } from './call.ts'
import type { Session } from './cursor.ts'
import { toChannelError } from './errors.ts'

/** An event of the Gateway's. */
export interface Dispatch {
  type: string
  data: unknown
  /** The session that it belongs to, up to this event. */
  session: Session | null
}

interface Parts {
  token: string
  rest: REST
  /** To be resumed, if Discord still knows it. */
  session: Session | null
  /** Asked before each connection. Throws ChannelError. */
  introduce(signal: AbortSignal): Promise<void>
  onDispatch(dispatch: Dispatch): void
  report: ChannelHost['report']
}

/** Guilds, messages in them and their content, direct messages. */
const INTENTS = (1 << 0) | (1 << 9) | (1 << 12) | (1 << 15)

/** Codes with which Discord says that another attempt is useless, and what a person can do. */
const FATAL: Record<number, string> = {
  4004: 'Discord refuses DISCORD_TOKEN. Under Bot in the developer portal, press Reset Token and put the new token there.',
  4010: 'Discord refuses how Drover connects (4010, invalid shard): look for a newer Drover.',
  4011: 'The bot is in more servers than one connection may serve (2500): take it out of some, or run a second bot.',
  4012: 'Discord no longer knows this version of its Gateway: look for a newer Drover.',
  4013: 'Discord refuses how Drover connects (4013, invalid intents): look for a newer Drover.',
  4014: 'Discord refuses to show messages to the bot: switch on "Message Content Intent" under Bot → Privileged Gateway Intents in the developer portal (https://discord.com/developers/applications).',
}

const HANDSHAKE_MS = 10_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
/** The client reconnects by itself; after so long without a connection, people are told. */
const PATIENCE_MS = 20_000
const CLOSE_MS = 2000
/** Any code but 1000 and 1001: with those the session would end, and nothing could be resumed. */
const KEEP_SESSION = 4200

/** Holds a connection to the Gateway until the signal, through drops and refusals. Never throws: it reports. */
export async function holdGateway(parts: Parts, signal: AbortSignal): Promise<void> {
  const health = createHealth(parts.report)
  let { session } = parts
  let failures = 0
  while (!signal.aborted) {
    try {
      await parts.introduce(signal)
      session = await connect({ ...parts, session }, health, () => (failures = 0), signal)
    } catch (error) {
      if (signal.aborted) break
      health.down(messageOf(error))
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures++, 10))
      await pause(Math.max(waitMs, (error instanceof ChannelError && error.retryAfterMs) || 0), signal)
    }
  }
  health.stop()
}

/** Until the signal. Throws where the client gives up. Resuming and reconnecting are the client's. */
async function connect(parts: Parts, health: Health, onUp: () => void, signal: AbortSignal): Promise<Session | null> {
  const { token, rest, onDispatch } = parts
  let { session } = parts
  let isEnding = false
  const { promise: refused, reject: refuse } = Promise.withResolvers<never>()
  refused.catch(() => undefined)

  const manager = new WebSocketManager({
    token,
    rest,
    intents: INTENTS,
    // As many servers as this serves, no installation of ours is in.
    shardCount: 1,
    handshakeTimeout: HANDSHAKE_MS,
    helloTimeout: HANDSHAKE_MS,
    // The client asks before each connection, also while it is being ended: then it gets no answer, and makes none.
    retrieveSessionInfo: () => (isEnding ? new Promise<never>(() => undefined) : session),
    updateSessionInfo(_, next) {
      if (!isEnding) session = next
    },
  })
  // Without a listener it would throw where nobody can catch it; the reason comes with the code.
  manager.on(WebSocketShardEvents.Error, () => undefined)
  manager.on(WebSocketShardEvents.SocketError, () => undefined)
  manager.on(WebSocketShardEvents.Closed, (code) => {
    if (isEnding) return
    const reason = FATAL[code]
    if (reason === undefined) health.waits()
    else refuse(new ChannelError(code === 4004 ? 'auth' : 'invalid', reason))
  })
  const up = () => {
    health.up()
    onUp()
  }
  manager.on(WebSocketShardEvents.Ready, up)
  manager.on(WebSocketShardEvents.Resumed, up)
  manager.on(WebSocketShardEvents.Dispatch, ({ t, d, s }) => {
    if (!isEnding) onDispatch({ type: t, data: d, session: session && { ...session, sequence: s } })
  })

  health.waits()
  try {
    // It does not settle where the signal comes first.
    const connected = manager.connect().catch((error: unknown) => {
      throw asRefusal(error)
    })
    connected.catch(() => undefined)
    await Promise.race([connected, refused, aborted(signal)])
    await Promise.race([refused, aborted(signal)])
    return session
  } finally {
    isEnding = true
    await end(manager)
  }
}

/** The client asks Discord first how many sessions may still be begun today. */
function asRefusal(error: unknown): ChannelError {
  if (!messageOf(error).startsWith('Not enough sessions')) return toChannelError(error)
  return new ChannelError('rate', 'The bot has connected to Discord too often today (1000 times are allowed a day).', {
    cause: error,
    retryAfterMs: LONGEST_WAIT_MS,
  })
}

/**
 * A shard that is on its way to a connection must not be destroyed: @discordjs/ws 2.0.4 then destroys it twice, and never answers.
 * So it may arrive or fail first.
 */
async function end(manager: WebSocketManager): Promise<void> {
  const status = (await manager.fetchStatus()).get(0)
  const close = async () => manager.destroy({ code: KEEP_SESSION, reason: 'Drover stops' })
  if (status === WebSocketShardStatus.Connecting) {
    const { promise: settled, resolve } = Promise.withResolvers<void>()
    const closeThen = () => void close().then(resolve, resolve)
    manager.on(WebSocketShardEvents.Ready, closeThen)
    manager.on(WebSocketShardEvents.Resumed, closeThen)
    manager.on(WebSocketShardEvents.Closed, () => resolve())
    await Promise.race([settled, late()])
  } else await Promise.race([close(), late()])
}

const late = () => sleep(CLOSE_MS, undefined, { ref: false })

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

type Health = ReturnType<typeof createHealth>

/** Reports each change once. */
function createHealth(report: ChannelHost['report']) {
  let last: string | undefined
  let timer: NodeJS.Timeout | undefined
  function stop() {
    clearTimeout(timer)
    timer = undefined
  }
  function down(reason: string) {
    stop()
    if (last !== reason) report({ isUp: false, reason })
    last = reason
  }
  return {
    up() {
      stop()
      if (last !== '') report({ isUp: true })
      last = ''
    },
    down,
    /** From the first failure on: each attempt ends in one. */
    waits() {
      timer ??= setTimeout(down, PATIENCE_MS, "Discord's Gateway cannot be reached. Drover tries again by itself.")
    },
    stop,
  }
}
