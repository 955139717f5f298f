import { UserError } from '../lib/errors.ts'
import type { Api } from './api.ts'
import type { HttpParts } from './parts.ts'
import { arrivalOf } from './webhook-arrival.ts'

/** `POST /webhooks/<channel>`: handed to the channel as it came, which verifies it before it reads it. No key: the platform's signature is the proof. */
export function addWebhookRoutes(api: Api, { receive, relayToken }: HttpParts): void {
  api.all('/webhooks/:channel', async (c) => {
    const name = c.req.param('channel')
    const answer = await receive(name, c.req.raw, arrivalOf(c.req.raw, relayToken))
    if (answer) return answer
    throw new UserError('route-unknown', `No channel named "${name}" takes posts here. \`drover channels\` lists them.`)
  })
}
