/** Files that people share in a workspace, and what the emulator does not know of them. */
import type { Message } from './see-message.ts'

export interface SharedFile {
  name: string
  content: Uint8Array
  /** As the emulator does not tell it: what Slack takes the file for. */
  details?: { mimetype?: string; subtype?: string; mode?: string; duration_ms?: number }
}

interface Parts {
  /** Of the emulator. */
  url: string
  /** A call in the name of somebody who shares files. */
  call(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>>
}

export function createSharedFiles({ url, call }: Parts) {
  const details = new Map<string, NonNullable<SharedFile['details']>>()
  return {
    /** Shares it in a channel, with words. Returns the file's id. */
    async share(room: string, text: string, { name, content, details: more = {} }: SharedFile): Promise<string> {
      const begun = await call('files.getUploadURLExternal', { filename: name, length: content.length })
      const { upload_url: address, file_id: id } = begun as { upload_url: string; file_id: string }
      await fetch(`${url}${new URL(address).pathname}`, { method: 'POST', body: new Uint8Array(content) })
      details.set(id, more)
      const files = [{ id, title: name }]
      await call('files.completeUploadExternal', { files, channel_id: room, initial_comment: text })
      return id
    },
    remove: async (id: string) => void (await call('files.delete', { file: id })),
    /** A message as Slack tells it. */
    describe(message: Message): Message {
      if (!message.files) return message
      return { ...message, files: message.files.map((file) => ({ ...file, ...details.get(file.id) })) }
    },
    /** The content of a file, for whoever may see it. */
    async read(path: string, token: string) {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
      const [, id = ''] = /^\/files-pri\/([^/]+)/.exec(path) ?? []
      const mediaType = details.get(id)?.mimetype ?? response.headers.get('content-type') ?? ''
      return { status: response.status, mediaType, content: Buffer.from(await response.arrayBuffer()) }
    },
  }
}
