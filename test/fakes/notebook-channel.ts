import { setTimeout as sleep } from 'node:timers/promises'
import {
  ChannelError,
  type Attachment,
  type Channel,
  type ChannelLimits,
  type Outgoing,
  type Place,
  type StreamingMode,
} from '../../src/channels/channel.ts'

/** What a person sees of one message. */
export interface Note {
  id: string
  place: string
  markdown: string
  buttons: string[]
  file?: string
}

/** What comes of asking for a file: its content, or why not. */
type FileSource = (file: Attachment, signal: AbortSignal) => Uint8Array | Promise<Uint8Array>
type Fault = (verb: 'send' | 'edit', message: Outgoing) => Error | undefined

/** A platform without a platform: what is sent stands in a list. For tests of the stages; a platform's own quirks are its own fake's. */
export function createNotebook({
  name = 'notebook',
  streaming = 'batch',
  limits = {},
}: { name?: string; streaming?: StreamingMode; limits?: Partial<ChannelLimits> } = {}) {
  const notes: Note[] = []
  const log: string[] = []
  let fault: Fault = () => undefined
  const fetched: string[] = []
  let source: FileSource = ({ ref }) => {
    throw new ChannelError('gone', `There is no file ${ref}.`)
  }
  let last = 0
  const toNote = (id: string, place: Place, { markdown, choices, file }: Outgoing): Note => ({
    id,
    place: place.room,
    markdown,
    buttons: (choices?.options ?? []).map(({ id, label }) => `${choices?.questionId}|${id}|${label}`),
    ...(file && { file: new TextDecoder().decode(file.content) }),
  })
  const channel: Channel = {
    name,
    streaming,
    limits: { text: 2_000, pieces: 5, sendGapMs: 0, editGapMs: 0, fileBytes: 1e6, idempotentSend: false, ...limits },
    check: async () => 'a notebook',
    start: () => ({ stop: async () => undefined }),
    async send(place, message) {
      const error = fault('send', message)
      if (error) throw error
      const id = String(++last)
      log.push(`send ${id}`)
      notes.push(toNote(id, place, message))
      return id
    },
    async edit(place, id, message) {
      const error = fault('edit', message)
      if (error) throw error
      log.push(`edit ${id}`)
      const at = notes.findIndex((note) => note.id === id)
      notes[at] = toNote(id, place, message)
    },
    async fetchFile(_place, file, { maxBytes, signal }) {
      fetched.push(file.ref)
      const content = await source(file, signal)
      if (content.byteLength > maxBytes) throw new ChannelError('invalid', 'It is too large.')
      return content
    },
  }
  return {
    channel,
    notes,
    log,
    /** The files that were asked for, by their ref. */
    fetched,
    serveFiles: (next: FileSource) => void (source = next),
    failWith: (next: Fault) => void (fault = next),
    /** Waits until a message is there that this is true of. */
    async sees(is: (note: Note) => boolean, room?: string): Promise<Note> {
      for (const end = Date.now() + 15_000; ; await sleep(20)) {
        const found = notes.find((note) => (room === undefined || note.place === room) && is(note))
        if (found) return found
        if (Date.now() > end)
          throw new Error(`It never came. There is:\n${notes.map((note) => note.markdown).join('\n---\n')}`)
      }
    },
  }
}
