import { UserError } from '../lib/errors.ts'
import type { RelayAck } from './wire.ts'

/** What the private end asks of the public one. */
export interface ConsumerClient {
  openStream(signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
  /** Undefined where the post waits no more. */
  fetchBody(seq: number, signal: AbortSignal): Promise<Buffer | undefined>
  acknowledge(ack: RelayAck, signal: AbortSignal): Promise<void>
}

const TIMEOUT_MS = 30_000

/** `url`: the channel's, as platforms have it. All of them throw `UserError('relay-refused')` where the token is not taken. */
export function createConsumerClient({ url, token }: { url: string; token: string }): ConsumerClient {
  const base = consumerUrl(url)

  async function ask(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${token}` }
    const response = await fetch(`${base}/${path}`, { ...init, headers, redirect: 'manual' }).catch(
      (error: unknown) => {
        // fetch's own "fetch failed" says nothing.
        throw error instanceof TypeError && error.cause instanceof Error ? error.cause : error
      },
    )
    if (response.status !== 401) return response
    throw new UserError(
      'relay-refused',
      'The relay refuses the token, or has no such channel. Look at DROVER_RELAY_URL and DROVER_RELAY_TOKEN; on the relay, `drover relay add` makes a channel with a new token.',
    )
  }
  const soon = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  const unexpected = async (response: Response) => {
    await response.body?.cancel()
    return new Error(`it answers ${response.status}`)
  }

  return {
    async openStream(signal) {
      const response = await ask('posts', { headers: { accept: 'text/event-stream' }, signal })
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
      if (response.status !== 200 || !isStream || !response.body) throw await unexpected(response)
      return response.body
    },
    async fetchBody(seq, signal) {
      const response = await ask(`posts/${seq}`, { signal: soon(signal) })
      if (response.status === 200) return Buffer.from(await response.arrayBuffer())
      const error = await unexpected(response)
      if (response.status === 404) return undefined
      throw error
    },
    async acknowledge(ack, signal) {
      const response = await ask('ack', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(ack),
        signal: soon(signal),
      })
      if (response.status !== 204) throw await unexpected(response)
      await response.body?.cancel()
    },
  }
}

/** `https://relay.example.com/r/<channel>` → `https://relay.example.com/relay/<channel>`. `UserError('relay-url')` where it is no such address. */
export function consumerUrl(url: string): string {
  const [, origin, channel] = /^(https?:\/\/[^?#]+)\/r\/([\w-]{24,64})\/?$/.exec(url) ?? []
  if (origin !== undefined && channel !== undefined && URL.canParse(origin)) return `${origin}/relay/${channel}`
  throw new UserError(
    'relay-url',
    'DROVER_RELAY_URL is the address that `drover relay add` printed: https://relay.example.com/r/…, without what stands behind it at a platform.',
  )
}
