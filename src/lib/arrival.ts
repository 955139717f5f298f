/**
 * When a post arrived, told by the end of the relay that hands it on. Signatures that hold for five minutes are measured by it: what
 * waited for us is not old. Proven by the relay's token, which nobody else has.
 */
import { createHmac } from 'node:crypto'
import { isSame } from './standard-webhooks.ts'

export const ARRIVAL_HEADER = 'drover-arrived-at'

/** The relay keeps nothing longer. */
const LONGEST_MS = 7 * 24 * 3_600_000
const SKEW_MS = 60_000

/** As the header has it. `path`: of the post, without its query. */
export function signArrival(token: string, { at, path }: { at: Date; path: string }): string {
  const ms = at.getTime()
  return `${ms}.${createHmac('sha256', token).update(`drover: arrived ${ms} ${path}`).digest('hex')}`
}

/** Undefined where it is not proven. */
export function readArrival(token: string, header: string, path: string, now = new Date()): Date | undefined {
  const ms = Number(/^(\d{13})\./.exec(header)?.[1])
  if (Number.isNaN(ms) || !isSame(header, signArrival(token, { at: new Date(ms), path }))) return undefined
  const age = now.getTime() - ms
  return age > -SKEW_MS && age < LONGEST_MS ? new Date(ms) : undefined
}
