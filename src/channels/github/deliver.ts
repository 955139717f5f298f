import type { Octokit } from 'octokit'
import { ChannelError, type Channel, type Place } from '../channel.ts'
import type { Api } from './api.ts'
import { markerOf, readMarker, renderComment } from './render.ts'
import type { Sent } from './sent.ts'

/** An earlier attempt of another process is looked for so far back. */
const LOOK_BACK_MS = 60 * 60_000
const PAGE = 100
const MOST_PAGES = 5

interface Parts {
  api: Api
  botName: string
  sent: Sent
}

/** Comments of issues; to GitHub a pull request is one as well. */
export function createDelivery({ api, botName, sent }: Parts): Pick<Channel, 'send' | 'edit'> {
  /** The comment of an attempt that was not heard of again, perhaps in a process that is no more. */
  async function findEarlier(octokit: Octokit, place: Place, marker: string, request: { signal: AbortSignal }) {
    const { login } = await api.me(request.signal)
    const since = new Date(Date.now() - LOOK_BACK_MS).toISOString()
    for (let page = 1; page <= MOST_PAGES; page++) {
      const { data } = await octokit.rest.issues.listComments({
        ...issueOf(place),
        since,
        per_page: PAGE,
        page,
        request,
      })
      const found = data.find(({ user, body = '' }) => user?.login === login && readMarker(body) === marker)
      if (found) return String(found.id)
      if (data.length < PAGE) return undefined
    }
    return undefined
  }

  return {
    send: (place, message, { idempotencyKey, signal }) =>
      api.inRepository(
        place.room,
        async (octokit, request) => {
          if (message.file) throw new ChannelError('invalid', 'GitHub takes no files from an app.')
          const marker = markerOf(idempotencyKey)
          const questionId = message.choices?.questionId
          const earlier = await findEarlier(octokit, place, marker, request)
          const body = renderComment(marker, message, botName)
          const id =
            earlier ?? String((await octokit.rest.issues.createComment({ ...issueOf(place), body, request })).data.id)
          sent.note(id, marker, questionId)
          return id
        },
        signal,
      ),

    edit: (place, messageId, message, signal) =>
      api.inRepository(
        place.room,
        async (octokit, request) => {
          const { owner, repo } = issueOf(place)
          const comment = { owner, repo, comment_id: Number(messageId), request }
          const marker =
            sent.markerOf(messageId) ??
            readMarker((await octokit.rest.issues.getComment(comment)).data.body ?? '') ??
            markerOf('edited')
          await octokit.rest.issues.updateComment({ ...comment, body: renderComment(marker, message, botName) })
          sent.note(messageId, marker, message.choices?.questionId)
        },
        signal,
      ),
  }
}

function issueOf({ room, thread }: Place) {
  const [owner = '', repo = ''] = room.split('/')
  const issue_number = Number(thread)
  if (!Number.isSafeInteger(issue_number) || issue_number <= 0 || repo === '')
    throw new ChannelError('gone', `${room}#${thread} is no issue on GitHub.`)
  return { owner, repo, issue_number }
}
