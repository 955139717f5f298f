/** What can go wrong between an app and Slack, on demand. */
export type Fault =
  | { kind: 'rate'; seconds: number }
  /** `ok: false` with this code. */
  | { kind: 'refusal'; error: string; [detail: string]: unknown }
  /** A page of HTML, as a proxy answers. */
  | { kind: 'server-error'; status: number }
  /** The connection breaks before the request is looked at. */
  | { kind: 'drop-before' }
  /** The connection breaks when all is done. */
  | { kind: 'drop-after' }

export interface Faults {
  /** The next `times` calls of one of these methods fail so. */
  add(methods: string[], fault: Fault, times?: number): void
  /** What befalls this call; it counts. */
  take(method: string): Fault | undefined
}

export function createFaults(): Faults {
  const waiting: { methods: string[]; fault: Fault; times: number }[] = []
  return {
    add: (methods, fault, times = 1) => void waiting.push({ methods, fault, times }),
    take(method) {
      const next = waiting.find(({ methods, times }) => times > 0 && methods.includes(method))
      if (next) next.times--
      return next?.fault
    },
  }
}
