/** Where Discord keeps files: under addresses that are signed, and good for a time. */
import { createHmac } from 'node:crypto'
import type { Message } from './world.ts'

export interface SentFile {
  name: string
  content: Buffer
  mediaType?: string
  /** Recorded by Discord's own button. */
  isVoice?: boolean
}

export interface Cdn {
  /** Known when the server listens. */
  origin: string
  /** A message's files as the API tells of them: with addresses that are good from now on. */
  describe(message: Message): ReturnType<typeof describeFile>[]
  /** All addresses that were told so far lead nowhere any more. */
  expire(): void
  /** Undefined where there is nothing, or nothing any more: Discord tells the two apart in no way. */
  read(path: string, query: URLSearchParams): SentFile | undefined
}

export function createCdn(messages: Message[]): Cdn {
  let edition = 0x65d9_03de
  const sign = (path: string) => createHmac('sha256', 'discord').update(`${path} ${edition}`).digest('hex')
  const cdn: Cdn = {
    origin: 'https://cdn.discordapp.com',
    describe: (message) =>
      message.files.map((file, index) => {
        const id = idOf(message, index)
        const path = `/attachments/${message.channel.id}/${id}/${file.name}`
        const query = new URLSearchParams({ ex: edition.toString(16), is: '65c68ede', hm: sign(path) })
        return describeFile(file, id, `${cdn.origin}${encodeURI(path)}?${query.toString()}&`)
      }),
    expire() {
      edition++
    },
    read(path, query) {
      if (query.get('ex') !== edition.toString(16) || query.get('hm') !== sign(path)) return undefined
      const [, id] = /^\/attachments\/\d+\/(\d+)\//.exec(path) ?? []
      return messages.flatMap((message) => message.files.filter((_, index) => idOf(message, index) === id))[0]
    },
  }
  return cdn
}

const idOf = ({ id }: Message, index: number) => String(BigInt(id) + BigInt(index) + 1n)

const describeFile = ({ name, content, mediaType, isVoice = false }: SentFile, id: string, url: string) => ({
  id,
  filename: name,
  size: content.length,
  url,
  proxy_url: url,
  ...(mediaType !== undefined && { content_type: mediaType }),
  ...(isVoice && { duration_secs: 3.12, waveform: 'AAESFhkbHBwbGRYSAQA=' }),
})
