import { LogLevel, WebClient, type WebClientOptions } from '@slack/web-api'
import { toChannelError } from './errors.ts'

/** One call, or several that belong together, with a token. Throws ChannelError. */
export type Call = <T>(token: string, work: (web: WebClient) => Promise<T>, signal?: AbortSignal) => Promise<T>

/** Longer than Slack ever needs; what is not answered by then may have been done. */
const TIMEOUT_MS = 15_000

/** Slack's packages would write to the console. What matters comes back as an error. */
export const QUIET = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
}

/**
 * Slack's clients retry and wait by themselves (for half an hour, all calls of a client together): `src/outbound` does that, and it
 * knows what may be sent twice.
 */
export function webOptions(apiUrl: string | undefined, signal: AbortSignal | undefined) {
  return {
    ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    timeout: TIMEOUT_MS,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    ...(signal && {
      fetch: (url, init) =>
        fetch(url, { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) }),
    }),
  } satisfies WebClientOptions
}

export function createCall(apiUrl: string | undefined): Call {
  return async (token, work, signal) => {
    try {
      return await work(new WebClient(token, { ...webOptions(apiUrl, signal), logger: QUIET }))
    } catch (error) {
      throw toChannelError(error)
    }
  }
}
