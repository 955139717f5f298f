import { setTimeout as sleep } from 'node:timers/promises'
import { API } from '@discordjs/core/http-only'
import { REST } from '@discordjs/rest'
import { ChannelError } from '../channel.ts'
import { toChannelError } from './errors.ts'

/** How long Discord may take over a call. */
const TIMEOUT_MS = 15_000
const TRIES = 5
const LONGEST_WAIT_MS = 30_000

interface CallOptions {
  signal?: AbortSignal | undefined
  timeoutMs?: number | undefined
}

/** Exactly one call of the API, tried once. What Discord or the way there refuses is a `ChannelError`. */
export type Call = <T>(work: (api: API, signal: AbortSignal) => Promise<T>, options?: CallOptions) => Promise<T>

/** Discord's REST client, which knows the rate limits and refuses by itself what would break them. It neither waits nor retries. */
export function createRest(apiUrl: string | undefined): REST {
  return new REST({
    version: '10',
    ...(apiUrl !== undefined && { api: apiUrl }),
    retries: 0,
    rejectOnRateLimit: () => true,
    offset: 0,
    // Ours is told apart from a drop, and lasts until the answer is read.
    timeout: 10 * 60_000,
  })
}

export function createCall(rest: REST, token: string): Call {
  const api = new API(rest)
  return async (work, { signal, timeoutMs = TIMEOUT_MS } = {}) => {
    const timeout = AbortSignal.timeout(timeoutMs)
    // The client forgets a token that was refused once.
    rest.setToken(token)
    try {
      return await work(api, signal ? AbortSignal.any([signal, timeout]) : timeout)
    } catch (error) {
      if (signal?.aborted) throw new ChannelError('transient', 'Stopped while Discord was asked.')
      if (timeout.aborted) throw new ChannelError('transient', `Discord did not answer within ${timeoutMs / 1000} s.`)
      throw toChannelError(error)
    }
  }
}

/** Again, for what passes by itself: for calls that change nothing. */
export async function patiently<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      const isPassing = error instanceof ChannelError && (error.kind === 'rate' || error.kind === 'transient')
      if (!isPassing || tries === TRIES || signal.aborted) throw error
      await pause(Math.min(error.retryAfterMs ?? tries * 1000, LONGEST_WAIT_MS), signal)
    }
  }
}

/** Returns early, and quietly, when the signal aborts. */
export const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined)
