import { RequestError } from 'octokit'
import { messageOf } from '../../lib/errors.ts'
import { ChannelError } from '../channel.ts'

/** What GitHub asks for where it names no time. */
const DEFAULT_WAIT_MS = 60_000

/** Any failure of a call to GitHub, in the words of the contract. */
export function toChannelError(error: unknown): ChannelError {
  if (error instanceof ChannelError) return error
  const options = { cause: error }
  if (!(error instanceof RequestError) || error.response === undefined)
    return new ChannelError('transient', `GitHub did not answer: ${messageOf(error)}.`, options)
  const { status, message } = error
  const retryAfterMs = waitOf(error)
  if (retryAfterMs !== undefined)
    return new ChannelError('rate', 'GitHub is asked too often.', { ...options, retryAfterMs })
  if (status === 401)
    return new ChannelError(
      'auth',
      'GitHub refuses the credentials. Put a valid token in GITHUB_TOKEN, or the App’s id and key in GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY.',
      options,
    )
  if (status === 403)
    return new ChannelError('gone', `Drover's account may not do that in this repository: ${message}`, options)
  if (status === 404 || status === 410 || status === 451)
    return new ChannelError('gone', `GitHub has no such thing, or Drover's account cannot see it: ${message}`, options)
  if (status >= 500 || status === 408) return new ChannelError('transient', `GitHub had an error: ${status}.`, options)
  return new ChannelError('invalid', `GitHub does not take this: ${message}`, options)
}

/** https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: 403 and 429, with one of two headers, or none. */
function waitOf({ status, message, response }: RequestError): number | undefined {
  if (status !== 403 && status !== 429) return undefined
  const headers = response?.headers ?? {}
  const seconds = Number(headers['retry-after'])
  if (seconds > 0) return seconds * 1000
  const reset = Number(headers['x-ratelimit-reset'])
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0) return Math.max(1000, reset * 1000 - Date.now())
  return status === 429 || /rate limit|abuse/i.test(message) ? DEFAULT_WAIT_MS : undefined
}
