import { codeOf } from './errors.ts'

/** Why a file did not come. Its message has neither the address nor what was sent along: tokens stand in both. */
export class DownloadError extends Error {
  readonly kind: DownloadErrorKind
  /** Where the other side told a time. */
  readonly wait: { retryAfterMs?: number }
  constructor(kind: DownloadErrorKind, message: string, wait: DownloadError['wait'] = {}) {
    super(message)
    this.name = 'DownloadError'
    this.kind = kind
    this.wait = wait
  }
}

type DownloadErrorKind =
  /** No more there. */
  | 'gone'
  /** What we brought along does not open it. */
  | 'auth'
  | 'rate'
  /** May come the next time. */
  | 'transient'
  /** Will never come: too large, elsewhere. */
  | 'invalid'

interface DownloadOptions {
  headers?: Record<string, string>
  /** Who may be asked, as `https://files.example.org`: an address that comes with a message is anybody's. */
  origins: readonly string[]
  maxBytes: number
  signal: AbortSignal
}

/** Twenty megabytes on a slow line. */
const TIMEOUT_MS = 120_000

/** Fetches a file, once. No redirect is followed, for what is sent along is for these origins only; reading stops at `maxBytes`. Throws DownloadError. */
export async function download(
  url: string,
  { headers = {}, origins, maxBytes, signal }: DownloadOptions,
): Promise<{ content: Uint8Array; mediaType: string }> {
  const origin = URL.parse(url)?.origin
  if (origin === undefined || !origins.includes(origin))
    throw new DownloadError('invalid', 'It does not lie where files of this platform lie.')
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.any([signal, timeout]) })
    if (!response.ok) {
      await response.body?.cancel()
      throw refusalOf(response)
    }
    const mediaType = (response.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
    return { content: await readAtMost(response.body, maxBytes), mediaType }
  } catch (error) {
    if (error instanceof DownloadError) throw error
    if (signal.aborted) throw new DownloadError('transient', 'Stopped on the way.')
    if (timeout.aborted) throw new DownloadError('transient', `It did not come within ${TIMEOUT_MS / 1000} s.`)
    throw new DownloadError('transient', `It did not come whole: ${reasonOf(error)}.`)
  }
}

/** What the other side says about the length may be wrong, so it is counted. Leaving the loop ends the connection. */
async function readAtMost(body: AsyncIterable<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new DownloadError('invalid', `It is larger than ${maxBytes} bytes.`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function refusalOf({ status, headers }: Response): DownloadError {
  const answer = `HTTP ${status}`
  if (status === 404 || status === 410) return new DownloadError('gone', `It is no more there (${answer}).`)
  // A redirect leads to where people log in.
  if (status === 401 || status === 403 || (status >= 300 && status < 400))
    return new DownloadError('auth', `It may not be read (${answer}).`)
  if (status === 429)
    return new DownloadError('rate', `Too much is asked for (${answer}).`, waitOf(headers.get('retry-after')))
  if (status === 408 || status >= 500) return new DownloadError('transient', `It cannot be read now (${answer}).`)
  return new DownloadError('invalid', `It cannot be read (${answer}).`)
}

/** A date is allowed there as well, and sent by no platform of ours. */
function waitOf(header: string | null): DownloadError['wait'] {
  const seconds = Number(header)
  return seconds > 0 ? { retryAfterMs: Math.ceil(seconds * 1000) } : {}
}

/** Fetch hides why one level below. Only the code of it: a message may have the address in it. */
const reasonOf = (error: unknown) => codeOf(error instanceof Error ? error.cause : undefined) ?? 'the connection broke'
