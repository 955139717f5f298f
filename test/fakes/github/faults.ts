/** What can go wrong between an app and GitHub, on demand. */
export type Fault =
  /** A secondary limit: 403 and the time to wait. */
  | { kind: 'rate'; seconds: number }
  /** The hour's limit: 403, and when it ends. */
  | { kind: 'spent'; seconds: number }
  | { kind: 'refusal'; status: number; message: string }
  /** A page of HTML, as a proxy answers. */
  | { kind: 'server-error' }
  /** The connection breaks before the request is looked at. */
  | { kind: 'drop-before' }
  /** The connection breaks when all is done. */
  | { kind: 'drop-after' }

/** Requests as `POST /repos/o/r/issues/1/comments`. */
export const WRITES = /^(POST|PATCH) .*\/comments(\/\d+)?$/

export interface Faults {
  /** The next request that matches fails so. */
  add(requests: RegExp, fault: Fault, times?: number): void
  /** What befalls this request; it counts. */
  take(request: string): Fault | undefined
}

export function createFaults(): Faults {
  const waiting: { requests: RegExp; fault: Fault; times: number }[] = []
  return {
    add: (requests, fault, times = 1) => void waiting.push({ requests, fault, times }),
    take(request) {
      const next = waiting.find(({ requests, times }) => times > 0 && requests.test(request))
      if (next) next.times--
      return next?.fault
    },
  }
}
