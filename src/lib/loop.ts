import { setTimeout as sleep } from 'node:timers/promises'
import type { Running } from './running.ts'

/**
 * Does `work` again and again, `everyMs` after its end, until stopped. An error does not end the loop: it is handed to
 * `onError`, and the next round comes as usual.
 */
export function startLoop(
  everyMs: number,
  work: (signal: AbortSignal) => Promise<void>,
  onError: (error: unknown) => void,
): Running {
  const stopping = new AbortController()
  const { signal } = stopping
  const running = (async () => {
    while (!signal.aborted) {
      await work(signal).catch(onError)
      await sleep(everyMs, undefined, { signal }).catch(() => undefined)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
