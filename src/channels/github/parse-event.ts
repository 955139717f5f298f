import type { Inbound } from '../channel.ts'
import { addressedTo } from './addressed.ts'
import type { Payload, User } from './payload.ts'
import { OURS, readAnswer } from './render.ts'

/** What was said, before GitHub was asked for the rest: whether its author is vouched for, and what else belongs to a review. */
export interface Heard {
  event: Inbound
  /** A comment beside code. Where the review that it belongs to speaks to us itself, it is part of that. */
  partOf?: { review: number }
  /** A review: its comments belong to what was said. */
  review?: number
}

interface Written {
  id: number
  key: string
  user: User | null
  body?: string | null | undefined
  html_url: string
  at: string | undefined
  messageId: string
}

/**
 * Pure: GitHub's words in, ours out. The key is of what was written: a repository's hook and an App's hook deliver the same comment
 * under two ids. Where it does not speak to the bot, or is our own, a reason.
 */
export function parseEvent(payload: Payload, botName: string): Heard | { reason: string } {
  const { written, thread } = partsOf(payload)
  const body = written.body ?? ''
  if (written.user === null) return { reason: 'the account that wrote it is no more' }
  if (body.includes(OURS)) return { reason: OWN }
  const addressed = addressedTo(botName, body)
  if (!addressed)
    return { reason: `it does not say @${botName}; in code, quotes and HTML comments that counts for nothing` }
  const { repository } = payload
  const said = {
    key: written.key,
    place: { channel: 'github', tenant: '', room: repository.full_name, thread: String(thread.number) },
    actor: {
      id: String(written.user.id),
      name: written.user.login,
      isBot: written.user.type === 'Bot' || written.user.login.endsWith('[bot]'),
    },
    at: isoOf(written.at),
    link: written.html_url,
    about: { repository: repository.clone_url, defaultBranch: repository.default_branch, title: thread.title },
    messageId: written.messageId,
  }
  const answer = readAnswer(addressed.after)
  if (answer) return { event: { ...said, type: 'choice', ...answer } }
  const isReviewComment = payload.event === 'pull_request_review_comment.created'
  const text = isReviewComment ? withSpot(addressed.text, payload.comment) : addressed.text
  return {
    event: { ...said, type: 'message', text, isAddressed: true },
    ...(isReviewComment &&
      payload.comment.pull_request_review_id && { partOf: { review: payload.comment.pull_request_review_id } }),
    ...(payload.event === 'pull_request_review.submitted' && { review: payload.review.id }),
  }
}

/** Said by us: never heard, or it would be answered for ever. */
export const OWN = 'it is Drover’s own'

function partsOf(payload: Payload): { written: Written; thread: { number: number; title: string } } {
  switch (payload.event) {
    case 'issues.opened': {
      const { issue } = payload
      return { written: asWritten(issue, `issue:${issue.id}:opened`, `issue:${issue.number}`), thread: issue }
    }
    case 'pull_request.opened': {
      const { pull_request: pull } = payload
      return { written: asWritten(pull, `pull-request:${pull.id}:opened`, `issue:${pull.number}`), thread: pull }
    }
    case 'issue_comment.created': {
      const { comment, issue } = payload
      return { written: asWritten(comment, `comment:${comment.id}`, String(comment.id)), thread: issue }
    }
    case 'pull_request_review_comment.created': {
      const { comment, pull_request: pull } = payload
      const key = `review-comment:${comment.id}`
      return { written: asWritten(comment, key, key), thread: pull }
    }
    case 'pull_request_review.submitted': {
      const { review, pull_request: pull } = payload
      const written = { ...review, created_at: review.submitted_at ?? undefined }
      return { written: asWritten(written, `review:${review.id}`, `review:${review.id}`), thread: pull }
    }
  }
}

const asWritten = (
  written: Omit<Written, 'key' | 'at' | 'messageId'> & { created_at?: string | undefined },
  key: string,
  messageId: string,
): Written => ({ ...written, at: written.created_at, key, messageId })

function isoOf(given: string | undefined): string {
  const date = new Date(given ?? Number.NaN)
  return (Number.isNaN(date.getTime()) ? new Date() : date).toISOString()
}

/** Where in the code a comment stands. A command is left as it is. */
const withSpot = (text: string, { path, line }: { path: string; line?: number | null | undefined }) =>
  text.startsWith('/') ? text : `${text}\n\n(at ${path}${line ? `, line ${line}` : ''})`
