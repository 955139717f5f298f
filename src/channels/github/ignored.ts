import { z } from 'zod'
import type { Ignored } from '../channel.ts'
import { OURS } from './render.ts'

const user = z.object({ id: z.number(), login: z.string(), type: z.string().optional() })
const numbered = z.object({
  number: z.number().optional(),
  html_url: z.string().optional(),
  body: z.string().nullish(),
})
/** Of any payload, what says where it belongs. */
const payload = z.object({
  action: z.string().optional().catch(undefined),
  repository: z.object({ full_name: z.string() }).optional().catch(undefined),
  sender: user.optional().catch(undefined),
  issue: numbered.optional().catch(undefined),
  pull_request: numbered.optional().catch(undefined),
  comment: numbered.optional().catch(undefined),
  review: numbered.optional().catch(undefined),
})

/** The events in which somebody wrote something. */
const WRITTEN = new Set([
  'issues',
  'issue_comment',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
])

/**
 * What is nothing to us, for `drover why`: by its link, or by the id of the delivery that GitHub shows. Without a word of it.
 * Undefined for our own comments: each edit of a card is posted to us as well.
 */
export function ignoredOf(name: string, body: unknown, deliveryId: string, reason?: string): Ignored | undefined {
  const { action, repository, sender, issue, pull_request: pull, comment, review } = payload.safeParse(body).data ?? {}
  if (comment?.body?.includes(OURS)) return undefined
  const link = [comment, review, issue, pull].find((each) => each?.html_url !== undefined)?.html_url
  return {
    key: deliveryId,
    place: {
      channel: 'github',
      tenant: '',
      room: repository?.full_name ?? '',
      thread: String((issue ?? pull)?.number ?? ''),
    },
    actor: { id: String(sender?.id ?? ''), name: sender?.login ?? '', isBot: sender?.type === 'Bot' },
    at: new Date().toISOString(),
    ...(link !== undefined && { link }),
    reason: reason ?? reasonOf(name, action),
  }
}

function reasonOf(name: string, action = ''): string {
  if (WRITTEN.has(name) && action === 'edited') return 'what was edited is not heard: say it again'
  return `GitHub’s ${[name, action].filter(Boolean).join('.')} is nothing to Drover`
}
