import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import type { Channel, ChannelHost } from '../channel.ts'
import type { Intake } from './intake.ts'
import type { EnvelopeType } from './parse-event.ts'
import { isFromSlack } from './verify-signature.ts'

interface Parts {
  signingSecret: string
  intake: Pick<Intake, 'take'>
  log: ChannelHost['log']
}

/** What Slack posts where Socket Mode is off: events as JSON, commands and buttons as forms. */
export function createReceive({ signingSecret, intake, log }: Parts): NonNullable<Channel['receive']> {
  return async (request, arrivedAt = new Date()) => {
    const body = new Uint8Array(await request.arrayBuffer())
    const isGenuine = isFromSlack({
      secret: signingSecret,
      timestamp: request.headers.get('x-slack-request-timestamp'),
      signature: request.headers.get('x-slack-signature'),
      body,
      nowMs: arrivedAt.getTime(),
    })
    if (!isGenuine)
      return new Response('The signature is not that of SLACK_SIGNING_SECRET, or too old.', { status: 401 })

    const posted = readPosted(request.headers.get('content-type') ?? '', new TextDecoder().decode(body))
    if (!posted) return new Response('This is neither an event, a command nor a button.', { status: 400 })
    const { challenge } = asked.safeParse(posted.body).data ?? {}
    if (challenge !== undefined) return new Response(challenge)
    try {
      const reply = await intake.take(posted.type, posted.body)
      return reply ? Response.json(reply) : new Response()
    } catch (error) {
      log(`Slack: ${posted.type} was refused, and will come again: ${messageOf(error)}`)
      return new Response('It could not be stored. Send it again.', { status: 503 })
    }
  }
}

/** When the URL is entered in the app's settings, Slack asks whether it is ours. */
const asked = z.object({ type: z.literal('url_verification'), challenge: z.string() })

function readPosted(
  contentType: string,
  text: string,
): { type: EnvelopeType | 'ssl_check'; body: unknown } | undefined {
  try {
    if (contentType.includes('application/json')) return { type: 'events_api', body: JSON.parse(text) }
    const form = new URLSearchParams(text)
    const payload = form.get('payload')
    if (payload !== null) return { type: 'interactive', body: JSON.parse(payload) }
    if (form.has('command')) return { type: 'slash_commands', body: Object.fromEntries(form) }
    // Slack looks from time to time whether our certificate is good.
    return form.has('ssl_check') ? { type: 'ssl_check', body: {} } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
