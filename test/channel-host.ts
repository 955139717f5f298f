/**
 * What Drover is to a channel, in memory: a store that several processes share, and the host that each of them has. The store can
 * be away, as a database is, and can be held while it writes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelHost, Ignored, Inbound } from '../src/channels/channel.ts'
import { OFFERED_COMMANDS } from '../src/inbound/commands/registry.ts'

type Health = Parameters<ChannelHost['report']>[0]

export interface TestHost extends ChannelHost {
  /** All reports, the newest last. */
  reports: Health[]
  logs: string[]
  /** By the newest report. */
  isUp(): boolean
}

export interface TestStore {
  /** What is stored: each key once, in the order in which it came. */
  events: Inbound[]
  /** What `take` was called with, whether it was new, known or refused. */
  takes: Inbound[]
  /** What was nothing to us. */
  ignored: Ignored[]
  /** As if the database were away: `take` throws. */
  isAway: boolean
  /** From now on `take` waits until the returned function is called. */
  hold(): () => void
  /** Whoever works in `asOnlyOne` loses its turn, as when its connection to the database drops. */
  loseTurns(): void
  /** By tenant. */
  credentials: Map<string, Record<string, string>>
  /** The host of one more process. */
  createHost(): TestHost
}

export function createTestStore(): TestStore {
  const queues = new Map<string, Promise<void>>()
  const turns = new Set<AbortController>()
  let gate = Promise.resolve()
  let cursor: unknown

  const store: TestStore = {
    events: [],
    takes: [],
    ignored: [],
    isAway: false,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    loseTurns() {
      for (const turn of turns) turn.abort()
    },
    credentials: new Map(),
    createHost,
  }

  async function take(event: Inbound): Promise<'new' | 'duplicate'> {
    store.takes.push(event)
    await gate
    // A database is never there in the same instant.
    await sleep(1)
    if (store.isAway) throw new Error('the database is away')
    if (store.events.some(({ key }) => key === event.key)) return 'duplicate'
    store.events.push(event)
    return 'new'
  }

  async function asOnlyOne(name: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>) {
    const { promise: done, resolve: leave } = Promise.withResolvers<void>()
    const before = queues.get(name) ?? Promise.resolve()
    queues.set(
      name,
      before.then(() => done),
    )
    const turn = new AbortController()
    try {
      await Promise.race([before, ended(signal)])
      if (signal.aborted) return
      turns.add(turn)
      await work(AbortSignal.any([turn.signal, signal]))
    } finally {
      turns.delete(turn)
      leave()
    }
  }

  function createHost(): TestHost {
    const reports: Health[] = []
    const logs: string[] = []
    return {
      commands: OFFERED_COMMANDS,
      reports,
      logs,
      isUp: () => reports.at(-1)?.isUp ?? false,
      take,
      async noteIgnored(ignored) {
        if (store.isAway) throw new Error('the database is away')
        store.ignored.push(ignored)
      },
      asOnlyOne,
      report: (health) => void reports.push(health),
      readCursor: async () => cursor,
      async saveCursor(next) {
        cursor = JSON.parse(JSON.stringify(next))
      },
      readCredentials: async (tenant) => store.credentials.get(tenant),
      log: (message) => void logs.push(message),
    }
  }

  return store
}

const ended = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
