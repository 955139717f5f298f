import { setTimeout as sleep } from 'node:timers/promises'
import { ARRIVAL_HEADER, signArrival } from '../lib/arrival.ts'
import { UserError, messageOf } from '../lib/errors.ts'
import { startIdleClock } from '../lib/idle-clock.ts'
import type { Log } from '../lib/log.ts'
import { readServerEvents } from '../lib/server-events.ts'
import { createConsumerClient, type ConsumerClient } from './consumer-client.ts'
import { forwardPost, type Service, type Stop } from './forward-post.ts'
import { waitMs } from './wait-ms.ts'
import { HEARTBEAT_MS, RelayPost } from './wire.ts'

/** Three heartbeats that did not come: nobody is there any more. */
const SILENCE_MS = 3 * HEARTBEAT_MS
/** A stop lets what is on its way arrive, so that it does not come twice. */
const GRACE_MS = 3_000

interface FollowParts {
  relay: { url: string; token: string }
  service: Service
  log: Log
  /** Called each time the stream stands. */
  onConnected?: () => void
  /** A stream that tells nothing for so long, no heartbeat either, is replaced. */
  silenceMs?: number
}

/**
 * The private end: takes what is posted to the relay, hands it to the service one after another, and acknowledges what that has
 * answered. Through drops and restarts of both until `stopping`; `UserError('relay-refused')` where the token is not taken.
 */
export async function followRelay(
  { relay, service, log, onConnected, silenceMs = SILENCE_MS }: FollowParts,
  stopping: AbortSignal,
): Promise<void> {
  const stop: Stop = { stopping, late: laterThan(stopping, GRACE_MS) }
  const client = createConsumerClient(relay)
  for (let failures = 0; !stopping.aborted; failures++) {
    const connected = () => {
      failures = 0
      log.info('connected to the relay')
      onConnected?.()
    }
    try {
      await follow({ client, service, token: relay.token, log, silenceMs, connected }, stop)
      log.info('the relay ended the connection; it is asked again')
    } catch (error) {
      if (stopping.aborted) return
      if (error instanceof UserError) throw error
      const message = `The relay is away (${messageOf(error)}): it is asked again until it is there`
      if (failures === 0) log.warn(message)
      else log.debug(message)
    }
    await sleep(waitMs(failures), undefined, { signal: stopping }).catch(() => undefined)
  }
}

interface Connection {
  client: ConsumerClient
  service: Service
  token: string
  log: Log
  silenceMs: number
  connected: () => void
}

/** One stream, to its end. The next post is read only once this one is acknowledged: meanwhile they wait at the relay. */
async function follow({ log, silenceMs, connected, ...rest }: Connection, stop: Stop): Promise<void> {
  const silent = new AbortController()
  const clock = startIdleClock(silenceMs, () => silent.abort(new Error('it is silent')))
  try {
    const stream = await rest.client.openStream(AbortSignal.any([stop.stopping, silent.signal]))
    connected()
    for await (const { event, data } of readServerEvents(stream, () => clock.restart())) {
      if (event !== 'post') continue
      const goOn = clock.hold()
      await handle({ ...rest, log }, RelayPost.parse(JSON.parse(data)), stop)
      if (stop.stopping.aborted) return
      goOn()
    }
  } finally {
    clock.stop()
  }
}

async function handle(
  { client, service, token, log }: Pick<Connection, 'client' | 'service' | 'token' | 'log'>,
  post: RelayPost,
  stop: Stop,
) {
  const body = post.body === undefined ? await client.fetchBody(post.seq, stop.late) : Buffer.from(post.body, 'base64')
  // Settled by another reader, or too old.
  if (!body) return
  const arrival = { [ARRIVAL_HEADER]: signArrival(token, { at: new Date(post.receivedAt), path: post.path }) }
  const ack = await forwardPost(service, { ...post, headers: { ...post.headers, ...arrival } }, body, { ...stop, log })
  if (!ack) return
  // It has arrived: until the relay knows it, nothing else is done, or it would come twice.
  for (let failures = 0; ; failures++) {
    try {
      return await client.acknowledge(ack, stop.late)
    } catch (error) {
      if (error instanceof UserError || stop.stopping.aborted) throw error
      if (failures === 0)
        log.warn(`The relay cannot be told that post ${post.seq} arrived (${messageOf(error)}): it is told again`)
    }
    await sleep(waitMs(failures), undefined, { signal: stop.stopping }).catch(() => undefined)
  }
}

function laterThan(signal: AbortSignal, ms: number): AbortSignal {
  const late = new AbortController()
  signal.addEventListener('abort', () => setTimeout(() => late.abort(signal.reason), ms).unref(), { once: true })
  return late.signal
}
