/** Posts what a platform would post, from outside, and looks whether it arrives here: through proxy, tunnel or relay. */
import type { Channel, TestPost } from './channels/channel.ts'
import type { Check } from './cli/parts.ts'
import { messageOf } from './lib/errors.ts'

const PATIENCE_MS = 10_000

/** Undefined where nothing is posted to this channel. `publicUrl`: of the service, as others reach it. */
export async function proveSurface(
  channel: Channel,
  publicUrl: string | undefined,
  relayUrl?: string,
): Promise<Check | undefined> {
  const posts = channel.testPosts?.()
  if (!posts) return undefined
  const name = `${channel.name} posts`
  const base = publicUrl ?? relayUrl
  const url = posts.url ?? (base && `${base.replace(/\/$/, '')}/webhooks/${channel.name}`)
  const isRelay = relayUrl !== undefined && url?.startsWith(relayUrl) === true
  if (url === undefined)
    return {
      name,
      status: 'warn',
      message: `Whether what is posted to /webhooks/${channel.name} arrives was not tried: set DROVER_PUBLIC_URL to the address of this service from outside. It has none? docs/relay.md`,
    }
  try {
    const forged = await post(url, posts.forged)
    const genuine = posts.genuine && (await post(url, posts.genuine))
    const trouble = troubleIn(url, forged, genuine, isRelay)
    if (trouble !== undefined) return { name, status: 'fail', message: trouble }
    const proof = genuine
      ? 'and is verified'
      : 'and a wrong signature is refused; the right one only the platform can make'
    return { name, status: 'ok', message: `What is posted to ${url} arrives here, ${proof}.` }
  } catch (error) {
    const ask = isRelay
      ? 'Does `drover relay serve` run there?'
      : 'Is `drover up` running, and does this address lead to it?'
    const message = `${url} cannot be reached: ${reasonOf(error)}. ${ask}`
    return { name, status: 'fail', message }
  }
}

async function post(url: string, { headers, body }: TestPost) {
  const answer = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  await answer.body?.cancel()
  return answer
}

const isRefused = ({ status }: Response) => status === 401 || status === 403

function troubleIn(url: string, forged: Response, genuine: Response | undefined, isRelay: boolean): string | undefined {
  if (genuine && isRefused(genuine))
    return `${url} refuses the right signature (${genuine.status}): the secret in its settings is another one, or its clock is wrong.`
  if (isRefused(forged) && (genuine?.ok ?? true)) return undefined
  if (isRelay && forged.status === 404)
    return `The relay has no such channel: \`drover relay list\` on its machine shows those there are, \`drover relay add\` makes one.`
  if (isRelay && forged.ok)
    return 'The relay took it, and nobody answered: no Drover is connected. Is `drover up` running?'
  if (forged.ok)
    return `${url} takes a wrong signature: another program answers there, or a relay that no Drover is connected to.`
  return `${url} answers ${(genuine ?? forged).status}: it does not lead to this channel of a running Drover.`
}

/** `fetch failed` says nothing: what made it fail does. */
const reasonOf = (error: unknown) => messageOf(error instanceof TypeError && error.cause ? error.cause : error)
