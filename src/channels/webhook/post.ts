import { Agent, request } from 'undici'
import { messageOf } from '../../lib/errors.ts'
import { ChannelError } from '../channel.ts'
import { assertPublicHost, createCheckedLookup, RefusedAddress } from './checked-lookup.ts'

const POST_MS = 10_000
/** A receiver that wants us to wait longer than that is asked again all the same. */
const LONGEST_WAIT_MS = 3_600_000

interface Post {
  url: string
  body: string
  headers: Record<string, string>
  allowPrivate: boolean
  signal: AbortSignal
}

/** Posts once and follows no redirect. ChannelError says what follows: `gone` for 410, `invalid` for an address that is refused. */
export async function post({ url, body, headers, allowPrivate, signal }: Post): Promise<void> {
  if (!allowPrivate) assertAllowed(new URL(url))
  // One for each post: a connection that is kept would go on to an address that is nobody's any more.
  const agent = new Agent({ connect: allowPrivate ? {} : { lookup: createCheckedLookup() } })
  try {
    const answer = await request(url, {
      method: 'POST',
      body,
      headers,
      dispatcher: agent,
      signal: AbortSignal.any([signal, AbortSignal.timeout(POST_MS)]),
    })
    judge(answer.statusCode, answer.headers['retry-after'])
  } catch (error) {
    throw toChannelError(error)
  } finally {
    // What else it answers does not matter to us, and may be without end.
    await agent.destroy()
  }
}

function assertAllowed(url: URL) {
  try {
    assertPublicHost(url)
  } catch (error) {
    throw toChannelError(error)
  }
}

function toChannelError(error: unknown): ChannelError {
  if (error instanceof ChannelError) return error
  const kind = error instanceof RefusedAddress ? 'invalid' : 'transient'
  return new ChannelError(kind, messageOf(error), { cause: error })
}

function judge(status: number, retryAfter: string | string[] | undefined) {
  if (status >= 200 && status < 300) return
  if (status === 410) throw new ChannelError('gone', 'The receiver answered 410: it wants no more of this.')
  const waitMs = status === 429 || status === 503 ? waitOf([retryAfter].flat()[0]) : undefined
  if (waitMs !== undefined) throw new ChannelError('rate', `The receiver answered ${status}.`, { retryAfterMs: waitMs })
  const hint = status >= 300 && status < 400 ? ' Redirects are not followed: give the address where it leads.' : ''
  throw new ChannelError('transient', `The receiver answered ${status}.${hint}`)
}

/** `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). */
function waitOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_WAIT_MS, Math.max(1_000, ms))
}
