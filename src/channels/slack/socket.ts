import { setTimeout as sleep } from 'node:timers/promises'
import { SocketModeClient } from '@slack/socket-mode'
import { messageOf } from '../../lib/errors.ts'
import type { ChannelHost } from '../channel.ts'
import { QUIET, webOptions } from './call.ts'
import { appTokenRefused, toChannelError } from './errors.ts'
import type { Intake } from './intake.ts'

interface Parts {
  appToken: string
  apiUrl: string | undefined
  intake: Pick<Intake, 'take'>
  report: ChannelHost['report']
  log: ChannelHost['log']
  /** The first connection stands, after there was none. */
  onUp(): void
}

/** Slack renews a connection every few hours, and not both at once: one is always open. It allows ten. */
const CONNECTIONS = 2
/** From the first call to Slack's hello. */
const HELLO_MS = 30_000
/** No answer to our ping for so long: the line is dead. Not less: a busy process answers late. */
const PING_MS = 15_000
/** A connection that lasted so long was a good one: the next attempt is made at once. */
const STEADY_MS = 30_000
const LONGEST_PAUSE_MS = 30_000
const CLOSE_MS = 1000

/** Holds two connections to Slack until the signal, through drops and refusals. Never throws: it reports. */
export async function holdSockets(parts: Parts, signal: AbortSignal): Promise<void> {
  const health = createHealth(parts)
  await Promise.all(Array.from({ length: CONNECTIONS }, () => holdSocket(parts, health, signal)))
}

/**
 * The client's own reconnecting waits for five seconds, and throws where nobody can catch it when Slack cannot be reached then
 * (socket-mode 3.1.0): each connection is a client of its own here, and ours to open again.
 */
async function holdSocket(parts: Parts, health: Health, signal: AbortSignal) {
  let failures = 0
  while (!signal.aborted) {
    const openedAt = await connectOnce(parts, health, signal)
    failures = openedAt !== undefined && Date.now() - openedAt > STEADY_MS ? 0 : failures + 1
    const pauseMs = failures < 2 ? 0 : Math.min(LONGEST_PAUSE_MS, 250 * 2 ** failures) * (1 + Math.random() / 4)
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

/** One connection, from its beginning to its end. Returns when it was open, if ever. */
async function connectOnce(parts: Parts, health: Health, signal: AbortSignal): Promise<number | undefined> {
  const { appToken, apiUrl } = parts
  const client = new SocketModeClient({
    appToken,
    autoReconnectEnabled: false,
    clientPingTimeout: PING_MS,
    logger: QUIET,
    clientOptions: webOptions(apiUrl, signal),
  })
  const answering = new Set<Promise<void>>()
  client.on('slack_event', (envelope: Envelope) => {
    // Not acknowledged: Slack gives it to another connection.
    if (signal.aborted) return
    const work = answer(parts, envelope).finally(() => answering.delete(work))
    answering.add(work)
  })
  const ended = new Promise<void>((resolve) => client.once('disconnected', () => resolve()))

  const giveUp = () => void client.disconnect()
  const timer = setTimeout(giveUp, HELLO_MS)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    await client.start()
  } catch (error) {
    if (!signal.aborted) health.failed(reasonOf(error))
    return undefined
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }

  const openedAt = Date.now()
  health.opened()
  await Promise.race([ended, aborted(signal)])
  health.closed()
  // What has begun is acknowledged on this connection, if it still stands.
  await Promise.all(answering)
  await close(client)
  return openedAt
}

interface Envelope {
  type: string
  body: unknown
  ack(response?: object): Promise<void>
}

/** Stored first, then acknowledged. What cannot be stored is delivered again. */
async function answer({ intake, log }: Parts, { type, body, ack }: Envelope) {
  try {
    await ack(await intake.take(type, body))
  } catch (error) {
    log(`Slack: ${type} was not acknowledged, and will come again: ${messageOf(error)}`)
  }
}

/** The second call does not wait for the far side to say goodbye, which the client does for 30 seconds. */
async function close(client: SocketModeClient) {
  await Promise.race([client.disconnect(), sleep(CLOSE_MS, undefined, { ref: false })])
  await client.disconnect()
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

type Health = ReturnType<typeof createHealth>

/** Up while one connection stands; down when none does and another cannot be had. */
function createHealth({ report, onUp }: Parts) {
  let open = 0
  let told: string | undefined
  function tell(reason: string) {
    if (told === reason) return
    told = reason
    report(reason === '' ? { isUp: true } : { isUp: false, reason })
  }
  return {
    opened() {
      open++
      tell('')
      if (open === 1) onUp()
    },
    closed: () => void open--,
    failed(reason: string) {
      if (open === 0) tell(reason)
    },
  }
}

function reasonOf(error: unknown): string {
  // The client rejects without a reason when the connection ends before Slack's hello.
  if (error === undefined) return 'Slack closed the connection before it began. Drover tries again.'
  const { kind, message } = toChannelError(error)
  if (kind === 'auth' || kind === 'invalid') return appTokenRefused(error)
  return `Slack cannot be reached: ${message} See that this machine gets to slack.com. Drover tries again.`
}
