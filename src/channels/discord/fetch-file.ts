import { download, DownloadError } from '../../lib/download.ts'
import { ChannelError, type Channel } from '../channel.ts'
import { readRef } from './attachments.ts'
import type { Call } from './call.ts'

/** Where Discord keeps files. */
const ORIGINS = ['https://cdn.discordapp.com', 'https://media.discordapp.net']

/** Asks for the message anew, which has the address that is good today, and fetches the file from there. */
export function createFetchFile(call: Call, apiUrl: string | undefined): NonNullable<Channel['fetchFile']> {
  const origins = [...ORIGINS, ...(apiUrl === undefined ? [] : [new URL(apiUrl).origin])]
  return async (_, { ref, name }, { maxBytes, signal }) => {
    const where = readRef(ref)
    if (!where) throw new ChannelError('invalid', `${ref} is no file of Discord.`)
    const { channel, message, id } = where
    const { attachments } = await call((api, signal) => api.channels.getMessage(channel, message, { signal }), {
      signal,
    })
    const found = attachments.find((attachment) => attachment.id === id)
    if (!found) throw new ChannelError('gone', `${name} was taken out of its message.`)
    try {
      return (await download(found.url, { origins, maxBytes, signal })).content
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error
      throw new ChannelError(error.kind, `${name} did not come from Discord. ${error.message}`, error.wait)
    }
  }
}
