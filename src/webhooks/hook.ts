import { createHash, createHmac } from 'node:crypto'
import type { Id } from '../lib/ids.ts'
import { isSame, isSignedWebhook } from '../lib/standard-webhooks.ts'

/** How a post is signed: as Standard Webhooks has it, or by `X-Hub-Signature-256` as GitHub does, with many others. */
export const HOOK_SCHEMES = ['standard', 'github'] as const
export type HookScheme = (typeof HOOK_SCHEMES)[number]

/** An address of ours: what a program posts there becomes a message for an agent. */
export interface Hook {
  id: Id<'hook'>
  orgId: Id<'org'>
  name: string
  scheme: HookScheme
  codebaseId: string
  /** Null: who works on the codebase where nobody names one. */
  agent: string | null
  /** The message, with paths into the JSON of the post: `{{issue.title}}`. */
  template: string
  /** What belongs to one conversation: `{{issue.number}}`; null: each post has its own. */
  conversationTemplate: string | null
  createdAt: Date
}

/** One post, as it came. */
export interface HookPost {
  body: Uint8Array
  /** In lower case. */
  header(name: string): string | undefined
  /** Here, or at the relay that handed it on. */
  arrivedAt: Date
}

/** Older or newer than that by its own word, a post is refused: it may be a copy. */
const WINDOW_SECONDS = 300

/** What is wrong with the signature of a post, for whoever set its sender up; undefined where nothing is. */
export function findForgery(
  scheme: HookScheme,
  secret: string,
  { body, header, arrivedAt }: HookPost,
): string | undefined {
  if (scheme === 'github') {
    const theirs = header('x-hub-signature-256')
    if (theirs === undefined) return 'The header X-Hub-Signature-256 is missing.'
    const ours = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
    return isSame(theirs, ours) ? undefined : WRONG_SECRET
  }
  const [id, timestamp, signature] = [header('webhook-id'), header('webhook-timestamp'), header('webhook-signature')]
  if (id === undefined || timestamp === undefined || signature === undefined)
    return 'It needs the headers webhook-id, webhook-timestamp and webhook-signature (https://www.standardwebhooks.com).'
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  if (!(Math.abs(arrivedAt.getTime() / 1_000 - seconds) <= WINDOW_SECONDS))
    return 'webhook-timestamp is more than five minutes off. Check the clock of the sender.'
  return isSignedWebhook(secret, { id, seconds, body }, signature) ? undefined : WRONG_SECRET
}

const WRONG_SECRET = 'The signature is not that of this body by the secret of this hook.'

/**
 * What names a post: all names it may be known by already, and last the one to keep it by. A sender that names its posts is taken
 * by its word; where it does not, the same body within five minutes is the same post.
 */
export function namesOf(hookId: string, { body, header, arrivedAt }: HookPost): string[] {
  const given = header('webhook-id') ?? header('idempotency-key') ?? header('x-github-delivery')
  if (given !== undefined) return [`${hookId}:${given.length <= MOST_NAME ? given : hashOf(given)}`]
  const slot = Math.floor(arrivedAt.getTime() / (WINDOW_SECONDS * 1_000))
  return [slot - 1, slot].map((each) => `${hookId}:${hashOf(body)}:${each}`)
}

/** What an index takes. */
const MOST_NAME = 255
const hashOf = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
