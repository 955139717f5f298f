/** What can go wrong between a bot and Telegram, on demand. */
import { Refusal, tooMany } from './refusal.ts'

export type Fault =
  | { kind: 'rate'; seconds: number }
  | { kind: 'refusal'; code: number; description: string }
  /** A page of HTML with status 502, as a proxy answers. */
  | { kind: 'bad-gateway' }
  /** The connection breaks before the request is looked at. */
  | { kind: 'drop-before' }
  /** The connection breaks when all is done. */
  | { kind: 'drop-after' }
  /** It is done, and never answered. */
  | { kind: 'silence' }

export interface Faults {
  /** The next `times` calls of one of these methods fail so. */
  add(methods: string[], fault: Fault, times?: number): void
  /** What befalls this call; it counts. */
  take(method: string): Fault | undefined
  clear(): void
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
    clear: () => void waiting.splice(0),
  }
}

/** The answer of a fault that is an answer. */
export function refusalOf(fault: Fault): Refusal | undefined {
  if (fault.kind === 'rate') return tooMany(fault.seconds)
  if (fault.kind === 'refusal') return new Refusal(fault.code, fault.description)
  return undefined
}
