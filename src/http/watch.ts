import type { Database } from '../db/connect.ts'
import { startLoop } from '../lib/loop.ts'
import type { Running } from '../lib/running.ts'

/** One reader's wait for more of one thing. */
export interface Watch {
  /** False once `close` was called, here or by the watcher that ends. */
  readonly isOpen: boolean
  /** Whether something may be new since the last call: at once, when it comes, or `false` after `timeoutMs`. Returns `false` when it is closed. */
  changed(timeoutMs: number): Promise<boolean>
  /** Something may be new. */
  wake(): void
  close(): void
}

export interface Watcher extends Running {
  watch(id: string): Watch
}

interface WatcherOptions {
  /** The NOTIFY whose payload is the id of what may have changed. */
  channel: string
  /** The state of each of these, as a number that is another one when it has changed. Left out: all are looked at each time. */
  look?: (ids: string[]) => Promise<ReadonlyMap<string, number>>
  pollMs: number
  onError: (error: unknown) => void
}

/**
 * Tells readers when a thing has changed: on the database's NOTIFY, and for the one that gets lost by one look every `pollMs` for
 * all things that anybody watches.
 */
export function startWatcher(database: Database, { channel, look, pollMs, onError }: WatcherOptions): Watcher {
  const watches = new Map<string, Set<Watch>>()
  const newest = new Map<string, number>()
  let poll: Running | undefined

  const wake = (id: string) => watches.get(id)?.forEach((watch) => watch.wake())
  const wakeAll = () => [...watches.keys()].forEach(wake)
  const stopListening = database.listener.on(channel, (id) => (id === undefined ? wakeAll() : wake(id)))

  async function lookAgain() {
    if (!look) return wakeAll()
    for (const [id, state] of await look([...watches.keys()])) {
      if (newest.get(id) === state || !watches.has(id)) continue
      newest.set(id, state)
      wake(id)
    }
  }

  function remove(id: string, watch: Watch) {
    const set = watches.get(id)
    set?.delete(watch)
    if (set?.size === 0) {
      watches.delete(id)
      newest.delete(id)
    }
    if (watches.size > 0) return
    void poll?.stop()
    poll = undefined
  }

  return {
    watch(id) {
      const watch = createWatch(() => remove(id, watch))
      const set = watches.get(id) ?? new Set()
      watches.set(id, set.add(watch))
      poll ??= startLoop(pollMs, lookAgain, onError)
      return watch
    },
    async stop() {
      stopListening()
      const ending = poll?.stop()
      for (const watch of [...watches.values()].flatMap((set) => [...set])) watch.close()
      await ending
    },
  }
}

function createWatch(onClose: () => void): Watch {
  let isOpen = true
  // What comes between two calls is not missed: the next one returns at once.
  let isNew = true
  let settle = () => {}
  return {
    get isOpen() {
      return isOpen
    },
    async changed(timeoutMs) {
      if (!isNew && isOpen) {
        let timer: NodeJS.Timeout | undefined
        await new Promise<void>((resolve) => {
          settle = resolve
          timer = setTimeout(resolve, timeoutMs)
        })
        clearTimeout(timer)
      }
      const wasNew = isNew && isOpen
      isNew = false
      return wasNew
    },
    wake() {
      isNew = true
      settle()
    },
    close() {
      if (!isOpen) return
      isOpen = false
      settle()
      onClose()
    },
  }
}
