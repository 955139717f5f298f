import { randomUUID } from 'node:crypto'
import { verifyWithFallback } from '@octokit/webhooks-methods'
import { messageOf } from '../../lib/errors.ts'
import type { ChannelHost } from '../channel.ts'
import type { Intake } from './intake.ts'
import type { Hooks } from './hooks.ts'

interface Parts {
  secrets: string[]
  intake: Pick<Intake, 'take'>
  hooks: Pick<Hooks, 'note'>
  log: ChannelHost['log']
}

/** What GitHub posts to a webhook, of a repository, an organisation or an App. It never posts again by itself. */
export function createReceive({ secrets, intake, hooks, log }: Parts): (request: Request) => Promise<Response> {
  return async (request) => {
    const { headers } = request
    const body = await request.text()
    if (!(await isSigned(body, headers.get('x-hub-signature-256'), secrets)))
      return answer(401, 'The signature is not of WEBHOOK_SECRET.')
    const posted = readBody(headers.get('content-type') ?? '', body)
    if (posted === undefined) return answer(400, 'This is no JSON.')
    hooks.note(headers, posted.json)
    const name = headers.get('x-github-event') ?? ''
    try {
      const deliveryId = headers.get('x-github-delivery') ?? randomUUID()
      const result = await intake.take({ name, body: posted.json, deliveryId })
      return result === 'taken' ? answer(200, 'Taken.') : answer(202, 'Nothing to us.')
    } catch (error) {
      log(`GitHub: ${name} could not be stored yet, and is tried again: ${messageOf(error)}`)
      return answer(503, 'It could not be stored. Deliver it again.')
    }
  }
}

const answer = (status: number, message: string) => Response.json({ message }, { status })

/** Over the bytes as they came, before anything is read from them. */
async function isSigned(body: string, signature: string | null, [secret = '', ...others]: string[]) {
  if (signature === null || signature === '' || body === '') return false
  return verifyWithFallback(secret, body, signature, others)
}

/** JSON, or a form with it, as the hook's content type says. */
function readBody(contentType: string, body: string): { json: unknown } | undefined {
  const isForm = contentType.includes('application/x-www-form-urlencoded')
  try {
    return { json: JSON.parse(isForm ? (new URLSearchParams(body).get('payload') ?? '') : body) }
  } catch {
    return undefined
  }
}
