import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { messageOf } from '../lib/errors.ts'

/** Undefined: the connection was away, and something may have been missed. */
type Heard = (payload: string | undefined) => void

/** A NOTIFY is a hint, never the truth: whoever listens also looks by himself now and then. */
export interface Listener {
  /** Returns how to stop hearing. */
  on(channel: string, heard: Heard): () => void
  stop(): Promise<void>
}

/** A stop waits for a connection that is coming up; so it must not come up for ever. */
const CONNECT_MS = 10_000
const RECONNECT_MS = [100, 250, 500, 1_000, 2_000, 5_000]

/** One connection for all that this process listens to; it comes back by itself, after `revive` where one is given. */
export function startListening(
  url: string,
  onWarning: (message: string) => void,
  revive: () => Promise<void> = async () => undefined,
): Listener {
  const hearers = new Map<string, Set<Heard>>()
  const stopping = new AbortController()
  let client: pg.Client | undefined

  const tellAll = () => {
    for (const set of hearers.values()) for (const heard of set) heard(undefined)
  }

  async function connection(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: 'drover listen',
      // Those who begin to listen at the same moment do not wait for one another.
      pipeline: true,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
    })
    const ended = new Promise<void>((resolve) => fresh.once('end', resolve))
    fresh.on('error', (error) => onWarning(`The connection that listens broke: ${error.message}`))
    fresh.on('notification', ({ channel, payload }) => {
      for (const heard of hearers.get(channel) ?? []) heard(payload)
    })
    await fresh.connect()
    try {
      // `stop` ends the connection that it sees; one that came up meanwhile ends itself.
      if (stopping.signal.aborted) return
      // Seen before the query below goes out: who begins to hear during it asks for his channel himself.
      client = fresh
      if (hearers.size > 0) await fresh.query([...hearers.keys()].map((channel) => `listen ${channel}`).join('; '))
      tellAll()
      await ended
    } finally {
      client = undefined
      await fresh.end().catch(() => undefined)
    }
  }

  async function loop() {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      // The loop must live: without it this process goes on by polling alone.
      const ready = failures === 0 ? Promise.resolve() : revive()
      await ready.then(connection).then(
        () => (failures = 0),
        (error: unknown) => onWarning(`Cannot listen to the database: ${messageOf(error)}`),
      )
      await sleep(RECONNECT_MS[Math.min(failures, RECONNECT_MS.length - 1)], undefined, {
        signal: stopping.signal,
      }).catch(() => undefined)
    }
  }
  const running = loop()

  return {
    on(channel, heard) {
      let set = hearers.get(channel)
      if (!set) {
        hearers.set(channel, (set = new Set()))
        client?.query(`listen ${channel}`).catch((error: unknown) => {
          // Cut off by a stop, nobody wants to hear it.
          if (!stopping.signal.aborted) onWarning(messageOf(error))
        })
      }
      set.add(heard)
      return () => set.delete(heard)
    },
    async stop() {
      stopping.abort()
      await client?.end().catch(() => undefined)
      await running
    },
  }
}
