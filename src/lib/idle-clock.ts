/** Node fires a longer timer at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface IdleClock {
  /** A sign of life: the time starts anew. */
  restart(): void
  /** Stands still until the returned function is called; several may hold it at once. */
  hold(): () => void
  stop(): void
}

/** Calls `onIdle` once, when `idleMs` have passed without a sign of life. */
export function startIdleClock(idleMs: number, onIdle: () => void): IdleClock {
  let holders = 0
  let timer: NodeJS.Timeout | undefined
  const start = () => {
    clearTimeout(timer)
    timer = setTimeout(onIdle, Math.min(idleMs, LONGEST_TIMER_MS))
  }
  start()
  return {
    restart() {
      // `refresh` makes no new timer: this is called for every token.
      if (holders === 0) timer?.refresh()
    },
    hold() {
      holders += 1
      clearTimeout(timer)
      return () => {
        holders -= 1
        if (holders === 0 && timer) start()
      }
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
