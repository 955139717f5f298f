import { z } from 'zod'

/** Of what GitHub posts, the little that is read. https://docs.github.com/webhooks/webhook-events-and-payloads */
const user = z.object({ id: z.number(), login: z.string(), type: z.string().optional() })

const written = z.object({
  id: z.number(),
  // Null where the account is no more.
  user: user.nullable(),
  body: z.string().nullish(),
  html_url: z.string(),
  created_at: z.string().optional(),
})
const thread = written.extend({ number: z.number(), title: z.string() })
const about = z.object({
  repository: z.object({ full_name: z.string(), clone_url: z.string(), default_branch: z.string() }),
})

const event = z.discriminatedUnion('event', [
  about.extend({ event: z.literal('issues.opened'), issue: thread }),
  about.extend({ event: z.literal('issue_comment.created'), issue: thread, comment: written }),
  about.extend({ event: z.literal('pull_request.opened'), pull_request: thread }),
  about.extend({
    event: z.literal('pull_request_review_comment.created'),
    pull_request: thread,
    comment: written.extend({
      path: z.string(),
      line: z.number().nullish(),
      pull_request_review_id: z.number().nullish(),
    }),
  }),
  about.extend({
    event: z.literal('pull_request_review.submitted'),
    pull_request: thread,
    review: written.extend({ submitted_at: z.string().nullish() }),
  }),
])

export type Payload = z.infer<typeof event>
export type User = z.infer<typeof user>

/** The events that may be something to us. */
export const EVENTS = [
  'issues',
  'issue_comment',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
] as const

/** Undefined for all that is nothing to us, also what GitHub may invent. */
export function readPayload(name: string, body: unknown): Payload | undefined {
  const { action } = z.object({ action: z.string() }).safeParse(body).data ?? {}
  return event.safeParse({ ...(body as object), event: `${name}.${action}` }).data
}
