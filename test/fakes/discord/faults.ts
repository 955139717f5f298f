/** What can go wrong between a bot and Discord, on demand. */
export type Fault =
  /** Without the headers of a bucket, as of a limit that is shared with others: only this call is too much. */
  | { kind: 'rate'; seconds: number }
  | { kind: 'refusal'; status: number; code: number; message: string }
  /** A page of HTML, as a proxy answers. */
  | { kind: 'server-error'; status: number }
  /** The connection breaks before the request is looked at. */
  | { kind: 'drop-before' }
  /** The connection breaks when all is done. */
  | { kind: 'drop-after' }

export interface Faults {
  /** The next `times` calls whose `METHOD path` matches fail so. */
  add(calls: RegExp, fault: Fault, times?: number): void
  /** What befalls this call; it counts. */
  take(call: string): Fault | undefined
}

export function createFaults(): Faults {
  const waiting: { calls: RegExp; fault: Fault; times: number }[] = []
  return {
    add: (calls, fault, times = 1) => void waiting.push({ calls, fault, times }),
    take(call) {
      const next = waiting.find(({ calls, times }) => times > 0 && calls.test(call))
      if (next) next.times--
      return next?.fault
    },
  }
}
