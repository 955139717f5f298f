/** Signatures as Standard Webhooks has them: https://www.standardwebhooks.com */
import { createHmac, timingSafeEqual } from 'node:crypto'

interface Signed {
  id: string
  /** When it was sent, in seconds since 1970. */
  seconds: number
  /** As it goes over the wire, byte for byte. */
  body: string | Uint8Array
}

/** `v1,` and base64 of HMAC-SHA256 over id, time and body. `secret`: `whsec_` and base64. */
export function signWebhook(secret: string, { id, seconds, body }: Signed): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')}`
}

/** Whether one of the signatures in a `webhook-signature` header, apart by spaces, is ours. Of its time it says nothing. */
export function isSignedWebhook(secret: string, signed: Signed, header: string): boolean {
  const ours = signWebhook(secret, signed)
  return header.split(' ').some((theirs) => isSame(theirs, ours))
}

/** Compares without telling by its time how far two texts are the same. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
