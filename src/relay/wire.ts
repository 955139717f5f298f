/** What relay and Drover say to each other. The consumer's side is `/relay/<channel>/…`; platforms post to `/r/<channel>/…`. */
import { z } from 'zod'

/** Larger bodies are not in the stream: they are fetched, one at a time. */
export const INLINE_BYTES = 64 * 2 ** 10
/** Of Drover's answer to a post. What is larger goes back without its body. */
export const ANSWER_BYTES = 64 * 2 ** 10
/** A stream with nothing to tell says so this often. */
export const HEARTBEAT_MS = 15_000

/** What platforms post with. */
export const RELAYED_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

const base64Of = (bytes: number) => z.base64().max(Math.ceil(bytes / 3) * 4)

/** One post, as `event: post` of `GET /relay/<channel>/posts`. */
export const RelayPost = z.object({
  /** Its number in the channel: they come in this order. */
  seq: z.number().int().positive(),
  method: z.enum(RELAYED_METHODS),
  /** Behind the channel's address; begins with a slash. */
  path: z.string().startsWith('/'),
  /** With its question mark, or empty. */
  query: z.string().regex(/^(\?[^#]*)?$/),
  headers: z.record(z.string(), z.string()),
  receivedAt: z.iso.datetime(),
  /** In base64. Left out: get `/relay/<channel>/posts/<seq>`. */
  body: base64Of(INLINE_BYTES).optional(),
})
export type RelayPost = z.infer<typeof RelayPost>

/** The body of `POST /relay/<channel>/ack`: this post is done, and what became of it. */
export const RelayAck = z.object({
  seq: z.number().int().positive(),
  /** `answered`: handed to the platform if it still waits. `failed`: given up. */
  outcome: z.enum(['answered', 'failed']),
  status: z.number().int().min(200).max(599),
  contentType: z.string().max(200).optional(),
  /** In base64. */
  body: base64Of(ANSWER_BYTES).optional(),
})
export type RelayAck = z.infer<typeof RelayAck>
