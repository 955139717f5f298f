import type { Running } from './running.ts'

export interface WakefulLoop extends Running {
  /** There may be something to do. */
  wake(): void
}

/**
 * Looks for something to do, again at once where it found some, else when woken or after `pollMs`, until stopped. A wake during a
 * look is not lost. `look` says whether it found anything, and does not throw.
 */
export function startWakefulLoop(pollMs: number, look: () => Promise<boolean>): WakefulLoop {
  const stopping = new AbortController()
  let wake = () => {}
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => (wake = resolve))
      if ((await look()) || stopping.signal.aborted) continue
      const timer = setTimeout(wake, pollMs)
      await woken
      clearTimeout(timer)
    }
  })()
  return {
    wake: () => wake(),
    async stop() {
      stopping.abort()
      wake()
      await running
    },
  }
}
