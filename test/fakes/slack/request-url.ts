/** Slack's other way to an app: it posts to a URL, signed. */
import { createHmac } from 'node:crypto'
import { ACK_MS, type Answer, type Envelope } from './deliveries.ts'

export async function postTo(
  url: string,
  secret: string,
  { type, payload }: Envelope,
  attempt: number,
): Promise<Answer> {
  const isEvent = type === 'events_api'
  const body = isEvent ? JSON.stringify(payload) : formOf(type, payload)
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': isEvent ? 'application/json' : 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${signature}`,
        ...(attempt > 0 && { 'x-slack-retry-num': String(attempt), 'x-slack-retry-reason': 'http_timeout' }),
      },
      body,
      signal: AbortSignal.timeout(ACK_MS),
    })
    const text = await response.text()
    return response.ok ? { payload: text === '' ? undefined : JSON.parse(text) } : undefined
  } catch {
    return undefined
  }
}

const formOf = (type: Envelope['type'], payload: Record<string, unknown>) =>
  String(
    new URLSearchParams(
      type === 'interactive' ? { payload: JSON.stringify(payload) } : (payload as Record<string, string>),
    ),
  )
