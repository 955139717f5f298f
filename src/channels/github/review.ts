import { ChannelError, type Place } from '../channel.ts'
import { addressedTo, withoutComments } from './addressed.ts'
import type { Api } from './api.ts'

/** Who looks at a review of more comments than this talks to us about some of them. */
const MOST_COMMENTS = 100

interface Parts {
  api: Api
  botName: string
}

/** GitHub posts a review without its comments, and each comment without its review. */
export function createReviews({ api, botName }: Parts) {
  const ask = ({ room, thread }: Place, review: number) => {
    const [owner = '', repo = ''] = room.split('/')
    return { owner, repo, pull_number: Number(thread), review_id: review }
  }

  /** Undefined where it was removed meanwhile. */
  async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work
    } catch (error) {
      if (error instanceof ChannelError && error.kind === 'gone') return undefined
      throw error
    }
  }

  return {
    /** The comments of a review, each with where it stands: Markdown, in order. */
    async commentsOf(place: Place, review: number, signal: AbortSignal): Promise<string[]> {
      const answer = await unlessGone(
        api.inRepository(
          place.room,
          (octokit, request) =>
            octokit.rest.pulls.listCommentsForReview({ ...ask(place, review), per_page: MOST_COMMENTS, request }),
          signal,
        ),
      )
      return (answer?.data ?? []).map(({ path, line, original_line: before, body }) => {
        const at = line ?? before
        return `${path}${at ? `, line ${at}` : ''}:\n${withoutComments(body).trim()}`
      })
    },

    /** Whether the review speaks to us itself: then its comments come with it. */
    async isAddressed(place: Place, review: number, signal: AbortSignal): Promise<boolean> {
      const answer = await unlessGone(
        api.inRepository(
          place.room,
          (octokit, request) => octokit.rest.pulls.getReview({ ...ask(place, review), request }),
          signal,
        ),
      )
      return addressedTo(botName, answer?.data.body ?? '') !== undefined
    },
  }
}
