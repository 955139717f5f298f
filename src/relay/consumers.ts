import type { Database } from '../db/connect.ts'
import { onceAsSystem } from '../db/scope.ts'
import { startWatcher, type Watch } from '../http/watch.ts'
import { startLoop } from '../lib/loop.ts'
import type { Running } from '../lib/running.ts'
import { noteConsumers } from './store.ts'

/** Well within the time after which a silent consumer counts as gone. */
const BEAT_MS = 10_000

/** Who is connected to this process to read. Any number of processes serve one channel: they tell one another in the database. */
export interface Consumers extends Running {
  /** A wait for posts of this channel; whoever posts from now on knows that somebody reads. Where there are too many, the oldest ends: it is the one whose reader may be gone. */
  join(channelId: string): Promise<Watch>
}

interface ConsumersOptions {
  perChannel: number
  pollMs: number
  onError: (error: unknown) => void
}

export function startConsumers(database: Database, { perChannel, pollMs, onError }: ConsumersOptions): Consumers {
  const posts = startWatcher(database, { channel: 'drover_relay', pollMs, onError })
  const connected = new Map<string, Set<Watch>>()

  const note = async (ids: string[], isConnected: boolean) => {
    if (ids.length > 0) await onceAsSystem(database, (db) => noteConsumers(db, ids, isConnected)).catch(onError)
  }
  const beat = startLoop(BEAT_MS, () => note([...connected.keys()], true), onError)

  function leave(channelId: string, watch: Watch) {
    const watches = connected.get(channelId)
    watches?.delete(watch)
    if (watches?.size !== 0) return
    connected.delete(channelId)
    void note([channelId], false)
  }

  return {
    async join(channelId) {
      const inner = posts.watch(channelId)
      const watch: Watch = {
        get isOpen() {
          return inner.isOpen
        },
        changed: inner.changed,
        wake: inner.wake,
        close() {
          inner.close()
          leave(channelId, watch)
        },
      }
      const watches = connected.get(channelId) ?? new Set()
      connected.set(channelId, watches.add(watch))
      const [oldest] = watches
      if (watches.size > perChannel) oldest?.close()
      await note([channelId], true)
      return watch
    },
    async stop() {
      const left = [...connected.keys()]
      connected.clear()
      await beat.stop()
      await posts.stop()
      await note(left, false)
    },
  }
}
