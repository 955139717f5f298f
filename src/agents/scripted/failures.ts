import { RequestError } from '@agentclientprotocol/sdk'
import type { Failure } from './parse-script.ts'

/** A step cannot be done; the sentence says why, to a person. */
export class StepFailed extends Error {}

/** Fails as real agents fail: by code, by an HTTP status in its place, or only in words. */
export function errorFor(failure: Exclude<Failure, 'crash' | 'stall' | 'refusal'>): RequestError {
  switch (failure) {
    case 'auth':
      return RequestError.authRequired(undefined, 'this step plays an agent that is not logged in')
    case 'rate_limit':
      return new RequestError(429, 'Too many requests: this step plays a provider that is asked too often')
    case 'quota':
      return new RequestError(-32603, 'insufficient_quota: this step plays an account without credit')
    case 'invalid_request':
      return new RequestError(-32602, 'This step plays a request that the provider does not accept')
    case 'network':
      return new RequestError(-32603, 'fetch failed: ECONNREFUSED (this step plays a dead network)')
    case 'overloaded':
      return new RequestError(529, 'Overloaded: this step plays a provider with too much to do')
    case 'session_lost':
      return RequestError.sessionNotFound('played-by-this-step')
    case 'other':
      return new RequestError(-32603, 'This step plays a failure of no known kind')
  }
}
