import type { Database } from '../db/connect.ts'
import { asSystem } from '../db/scope.ts'
import { newestEvents } from '../events/store.ts'
import { startLoop } from '../lib/loop.ts'
import type { Running } from '../lib/running.ts'

/** One reader's wait for more of one task. */
interface TaskWatch {
  /** False once `close` was called, here or by the watcher that ends. */
  readonly isOpen: boolean
  /** Whether something may be new since the last call: at once, when it comes, or `false` after `timeoutMs`. Returns `false` when it is closed. */
  changed(timeoutMs: number): Promise<boolean>
  /** Something may be new. */
  wake(): void
  close(): void
}

export interface TaskWatcher extends Running {
  watch(taskId: string): TaskWatch
}

/**
 * Tells readers when a task has new events: on the database's NOTIFY, and for the one that gets lost by one query every
 * `pollMs` for all tasks that anybody watches.
 */
export function watchTasks(database: Database, pollMs: number, onError: (error: unknown) => void): TaskWatcher {
  const watches = new Map<string, Set<TaskWatch>>()
  const newest = new Map<string, number>()
  let poll: Running | undefined

  const wake = (taskId: string) => watches.get(taskId)?.forEach((watch) => watch.wake())
  const stopListening = database.listener.on('drover_events', (taskId) => {
    if (taskId === undefined) for (const id of watches.keys()) wake(id)
    else wake(taskId)
  })

  async function look() {
    const seqs = await asSystem(database, (db) => newestEvents(db, [...watches.keys()]))
    for (const [taskId, seq] of seqs) {
      if (newest.get(taskId) === seq || !watches.has(taskId)) continue
      newest.set(taskId, seq)
      wake(taskId)
    }
  }

  function remove(taskId: string, watch: TaskWatch) {
    const set = watches.get(taskId)
    set?.delete(watch)
    if (set?.size === 0) {
      watches.delete(taskId)
      newest.delete(taskId)
    }
    if (watches.size > 0) return
    void poll?.stop()
    poll = undefined
  }

  return {
    watch(taskId) {
      const watch = createWatch(() => remove(taskId, watch))
      const set = watches.get(taskId) ?? new Set()
      watches.set(taskId, set.add(watch))
      poll ??= startLoop(pollMs, look, onError)
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

function createWatch(onClose: () => void): TaskWatch {
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
