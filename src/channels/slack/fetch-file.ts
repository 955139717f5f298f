import { download, DownloadError } from '../../lib/download.ts'
import { ChannelError, type Attachment, type Channel } from '../channel.ts'
import { lacksScope } from './errors.ts'
import type { InWorkspace } from './in-workspace.ts'

/** Where Slack keeps files. Others may name any address in a message, and must not be sent a token. */
const FILES_ORIGIN = 'https://files.slack.com'

/** Fetches with the token of the workspace. */
export function createFetchFile(
  inWorkspace: InWorkspace,
  apiUrl: string | undefined,
): NonNullable<Channel['fetchFile']> {
  const origins = [FILES_ORIGIN, ...(apiUrl === undefined ? [] : [new URL(apiUrl).origin])]
  return (place, file, { maxBytes, signal }) =>
    inWorkspace(place, signal, async ({ token }) => {
      const headers = { authorization: `Bearer ${token}` }
      try {
        const { content, mediaType } = await download(file.ref, { headers, origins, maxBytes, signal })
        if (isLoginPage(mediaType, file)) throw refused(file)
        return content
      } catch (error) {
        if (!(error instanceof DownloadError)) throw error
        if (error.kind === 'auth') throw refused(file)
        throw new ChannelError(error.kind, `${file.name} did not come from Slack. ${error.message}`, error.wait)
      }
    })
}

/** What Slack shows, as a success, to whom it does not give the file. */
const isLoginPage = (mediaType: string, file: Attachment) =>
  mediaType === 'text/html' && !/^text\/html\b/i.test(file.mediaType)

const refused = ({ name }: Attachment) =>
  new ChannelError('auth', `Slack does not give ${name} to its app, and asks for a login. ${lacksScope('files:read')}`)
