import { createHmac, timingSafeEqual } from 'node:crypto'

interface Signed {
  secret: string
  /** Of X-Slack-Request-Timestamp: seconds. */
  timestamp: string | null
  /** Of X-Slack-Signature. */
  signature: string | null
  /** As it came, byte for byte. */
  body: Uint8Array
  nowMs: number
}

/** A recorded request is worth nothing after this. */
const WINDOW_SECONDS = 5 * 60

/** Whether Slack sent this, and lately. https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function isFromSlack({ secret, timestamp, signature, body, nowMs }: Signed): boolean {
  if (timestamp === null || signature === null || !/^\d+$/.test(timestamp)) return false
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > WINDOW_SECONDS) return false
  const expected = Buffer.from(
    `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`,
  )
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
