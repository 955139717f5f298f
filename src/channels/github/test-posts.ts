import { createHmac } from 'node:crypto'
import type { TestPosts } from '../channel.ts'

/** A ping, as GitHub sends one when a webhook is made. */
export function testPosts(secret: string): TestPosts {
  const body = JSON.stringify({ zen: 'drover doctor asks whether posts arrive.' })
  const signed = (key: string) => ({
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'ping',
      'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
    },
    body,
  })
  return { genuine: signed(secret), forged: signed(`not ${secret}`) }
}
