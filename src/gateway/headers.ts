import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { HOP_BY_HOP } from '../lib/hop-by-hop.ts'

const CREDENTIALS = ['authorization', 'x-api-key', 'x-goog-api-key', 'cookie']
/** Those of ours that choose who pays, and Google's that turns one method into another. */
const CHOOSING = ['openai-organization', 'openai-project', 'x-goog-user-project', 'x-http-method-override']
const MADE_ANEW = ['host', 'content-length', 'expect', 'accept-encoding']
const NOT_SENT: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...CREDENTIALS, ...CHOOSING, ...MADE_ANEW])
/** Whose account it is is no business of the agent. */
const NOT_ANSWERED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'set-cookie',
  'openai-organization',
  'openai-project',
  'anthropic-organization-id',
])

/** Whether the agent shows this run's token, in any of the ways that vendors have for a key. */
export function showsToken(request: IncomingMessage, query: URLSearchParams, token: string): boolean {
  const { authorization, 'x-api-key': anthropic, 'x-goog-api-key': google } = request.headers
  const shown = [authorization?.replace(/^Bearer /i, ''), anthropic, google, query.get('key')]
  return shown.some((one) => typeof one === 'string' && isSame(one, token))
}

/** By digests: those are of one length, and the comparison takes the same time wherever they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}

/** What of the agent's headers goes to the vendor. */
export function headersForVendor(
  headers: IncomingHttpHeaders,
  keyHeader: Record<string, string>,
  body: Buffer | undefined,
): OutgoingHttpHeaders {
  return {
    ...without(headers, NOT_SENT),
    ...keyHeader,
    // What is compressed can be neither metered nor, in an error, searched for the key.
    'accept-encoding': 'identity',
    ...(body && { 'content-length': body.length }),
  }
}

/** What of the vendor's headers goes to the agent. */
export function headersForAgent(headers: IncomingHttpHeaders, mask: (text: string) => string): OutgoingHttpHeaders {
  const kept = Object.entries(without(headers, NOT_ANSWERED)).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(mask) : mask(value ?? ''),
  ])
  return Object.fromEntries(kept)
}

function without(headers: IncomingHttpHeaders, dropped: ReadonlySet<string>): IncomingHttpHeaders {
  const named = (headers.connection ?? '').toLowerCase().split(/\s*,\s*/)
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name) && !named.includes(name)))
}

/** Without what carries a key in a query. */
export function cleanQuery(query: URLSearchParams): string {
  const kept = [...query].filter(([name]) => !['key', 'access_token', 'oauth_token'].includes(name))
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept).toString()}`
}
