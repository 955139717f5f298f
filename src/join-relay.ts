/** The private end of the relay: within the service where both settings are there, or as a process of its own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { addressOf, type Config } from './config.ts'
import { createOnlyOne } from './db/only-one.ts'
import { UserError, messageOf } from './lib/errors.ts'
import type { Log } from './lib/log.ts'
import type { Running } from './lib/running.ts'
import type { Parts } from './parts.ts'
import { consumerUrl } from './relay/consumer-client.ts'
import { followRelay } from './relay/follow-relay.ts'

const GIVE_UP_MS = 60 * 60_000
/** A refused token is not taken a moment later. */
const REFUSED_MS = 60_000

type RelayConfig = Pick<Config, 'DROVER_RELAY_URL' | 'DROVER_RELAY_TOKEN'>

/** Takes what is posted to the relay into the service at `serviceUrl`: in one process at a time, of all that share the database. Undefined where no relay is set. */
export function joinRelay(
  { config, database, log }: Parts,
  serviceUrl: string,
): (Running & { url: string }) | undefined {
  const relay = relayOf(config)
  if (!relay) return undefined
  const service = addressOf({ HOST: config.HOST, PORT: Number(new URL(serviceUrl).port), DROVER_URL: undefined })
  const stopping = new AbortController()
  const asOnlyOne = createOnlyOne(database)
  const follow = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      await followRelay({ relay, service: { url: service, giveUpMs: GIVE_UP_MS }, log }, signal).catch(
        // The service itself is well: it goes on without.
        (error: unknown) => log.error(messageOf(error)),
      )
      await sleep(REFUSED_MS, undefined, { signal }).catch(() => undefined)
    }
  }
  const running = asOnlyOne(`relay:${relay.url}`, stopping.signal, follow).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error
  })
  return {
    url: new URL(relay.url).origin,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

export interface Connection extends Running {
  relay: string
  service: string
  /** Rejects with a `UserError` where the relay refuses us. */
  ended: Promise<void>
}

/** The same for a service that runs elsewhere: the one at DROVER_URL, or that of this machine. */
export function connectRelay(config: Config, log: Log, url = config.DROVER_RELAY_URL): Connection {
  const relay = relayOf({ ...config, DROVER_RELAY_URL: url })
  if (!relay)
    throw new UserError(
      'settings',
      'Set DROVER_RELAY_URL and DROVER_RELAY_TOKEN to what `drover relay add` printed on the machine of the relay.',
    )
  const service = addressOf(config)
  const stopping = new AbortController()
  const ended = followRelay({ relay, service: { url: service, giveUpMs: GIVE_UP_MS }, log }, stopping.signal)
  return {
    relay: new URL(relay.url).origin,
    service,
    ended,
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

function relayOf({ DROVER_RELAY_URL: url, DROVER_RELAY_TOKEN: token }: RelayConfig) {
  if (url === undefined || token === undefined) return undefined
  // `UserError` now, rather than at the first try.
  consumerUrl(url)
  return { url, token }
}
