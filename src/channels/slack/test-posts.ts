import { createHmac } from 'node:crypto'
import type { TestPosts } from '../channel.ts'

/** What Slack asks when the URL is entered in the app's settings. */
export function testPosts(secret: string): TestPosts {
  const body = JSON.stringify({ type: 'url_verification', challenge: 'drover-doctor' })
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signed = (key: string) => ({
    headers: {
      'content-type': 'application/json',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${createHmac('sha256', key).update(`v0:${timestamp}:${body}`).digest('hex')}`,
    },
    body,
  })
  return { genuine: signed(secret), forged: signed(`not ${secret}`) }
}
