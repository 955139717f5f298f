import { createPublicKey, verify, type KeyObject } from 'node:crypto'

/** What stands in front of the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo. RFC 8410 */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** Of the application's public key, in hexadecimal. */
export const toPublicKey = (hex: string): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI_PREFIX, Buffer.from(hex, 'hex')]), format: 'der', type: 'spki' })

interface Signed {
  key: KeyObject
  /** Of X-Signature-Timestamp: seconds. */
  timestamp: string | null
  /** Of X-Signature-Ed25519. */
  signature: string | null
  /** As it came, byte for byte. */
  body: Uint8Array
  nowMs: number
}

/** A recorded request is worth nothing after this. */
const WINDOW_SECONDS = 5 * 60

/** Whether Discord sent this, and lately. https://docs.discord.com/developers/interactions/overview */
export function isFromDiscord({ key, timestamp, signature, body, nowMs }: Signed): boolean {
  if (timestamp === null || !/^\d+$/.test(timestamp) || !/^[\da-f]{128}$/i.test(signature ?? '')) return false
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > WINDOW_SECONDS) return false
  return verify(null, Buffer.concat([Buffer.from(timestamp), body]), key, Buffer.from(signature ?? '', 'hex'))
}
