import type { Api } from 'grammy'
import { download, DownloadError } from '../../lib/download.ts'
import { ChannelError, type Channel } from '../channel.ts'
import { call } from './call.ts'

const API_URL = 'https://api.telegram.org'

interface Parts {
  api: Api
  token: string
  apiUrl?: string | undefined
}

/** Asks where the file lies, and fetches it from there. The token stands in that address, which is told nobody. */
export function createFetchFile({ api, token, apiUrl = API_URL }: Parts): NonNullable<Channel['fetchFile']> {
  return async (_, { ref }, { maxBytes, signal }) => {
    const { file_path: path = '' } = await call((signal) => api.getFile(ref, signal), { signal })
    // On the disk of a server of one's own, where we cannot look.
    if (path === '' || path.startsWith('/'))
      throw new ChannelError(
        'invalid',
        'The Bot API server in TELEGRAM_API_URL keeps its files to itself: start it without --local.',
      )
    const address = `${apiUrl}/file/bot${token}/${path.split('/').map(encodeURIComponent).join('/')}`
    try {
      const { content } = await download(address, { origins: [new URL(apiUrl).origin], maxBytes, signal })
      return content
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error
      throw new ChannelError(error.kind, `The file did not come from Telegram. ${error.message}`, error.wait)
    }
  }
}
