import { ChannelError, type Attachment, type Place } from '../channels/channel.ts'
import type { Fetched } from '../inbox/fetch-store.ts'
import { messageOf, RetryLater } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { SpeechError } from '../speech/transcriber.ts'
import type { FetchingParts } from './parts.ts'

/** What Telegram lets a bot fetch; agents take less. */
const MAX_BYTES = 20 * 1_024 * 1_024
/** More is a folder, and belongs into the repository. */
export const MOST_FILES = 10
/** Longer ones are recordings, not messages, and speech services charge by the minute. */
const MAX_VOICE_SECONDS = 600
const FETCH_MS = 60_000
const LISTEN_MS = 90_000

const NO_KEY = 'I cannot listen to voice messages yet: whoever runs Drover sets DEEPGRAM_API_KEY. Until then, type it.'
const SILENT = 'I heard nothing in the voice message. Say it again, or type it.'
const TOO_LONG = 'The voice message is longer than 10 minutes: I did not listen to it. Say it shorter, or type it.'

interface Turn {
  signal: AbortSignal
  /** Whether the message says something without this file. */
  hasWords: boolean
  /** Until the next try; undefined: there is none. */
  waitSeconds: number | undefined
  log: Log
}

/** One file of a message, or what is said in it; or why not, for the person. Throws RetryLater where it may come later. */
export async function fetchOne(
  { channels, transcriber }: Pick<FetchingParts, 'channels' | 'transcriber'>,
  place: Place,
  file: Attachment,
  turn: Turn,
): Promise<Fetched> {
  const isVoice = file.kind === 'voice'
  const name = nameOf(file)
  if (isVoice && (file.seconds ?? 0) > MAX_VOICE_SECONDS) return { problem: TOO_LONG }
  if (isVoice && !transcriber && !turn.hasWords) return { problem: NO_KEY }
  if ((file.bytes ?? 0) > MAX_BYTES)
    return { problem: `${name} is larger than 20 MB, and was left out. Send a smaller one.` }
  const channel = channels.get(place.channel)
  if (!channel?.fetchFile)
    return { problem: `${name} was left out: I cannot fetch files here. Send it from another platform.` }

  const { fetchFile } = channel
  const fetched = await attempt(turn, FETCH_MS, file, (signal) =>
    fetchFile(place, file, { maxBytes: MAX_BYTES, signal }),
  )
  if ('problem' in fetched) return fetched
  const content = fetched.got
  if (!isVoice) return { content }
  // A voice is its words; where there are none, whoever reads the words beside it may make something of it.
  const kept = turn.hasWords && { content }
  if (!transcriber) return { ...kept, problem: NO_KEY }
  const heard = await attempt(turn, LISTEN_MS, file, (signal) =>
    transcriber.transcribe(content, file.mediaType, signal),
  )
  if ('problem' in heard) return { ...kept, ...heard }
  return heard.got.text === '' ? { problem: SILENT } : { transcript: heard.got }
}

/** What `work` gives, or why it gives nothing. What a later try may mend is thrown, as long as there is one. */
async function attempt<T>(
  { signal, waitSeconds, log }: Turn,
  timeoutMs: number,
  file: Attachment,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ got: T } | { problem: string }> {
  try {
    return { got: await work(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])) }
  } catch (error) {
    signal.throwIfAborted()
    const { mayCome, retryAfterMs = 0, problem } = judge(error, file)
    if (!mayCome || waitSeconds === undefined) {
      // Often it is whoever runs Drover who can mend it.
      log.warn({ reason: messageOf(error) }, 'a file that came with a message was left out')
      return { problem }
    }
    throw new RetryLater(messageOf(error), Math.max(retryAfterMs, waitSeconds * 1_000), { cause: error })
  }
}

function judge(
  error: unknown,
  file: Attachment,
): { mayCome: boolean; retryAfterMs?: number | undefined; problem: string } {
  const name = nameOf(file)
  if (error instanceof SpeechError) {
    const { isTransient, retryAfterMs, message } = error
    return {
      mayCome: isTransient,
      retryAfterMs,
      problem: `I could not understand the voice message. ${message} Type it instead.`,
    }
  }
  const kind = error instanceof ChannelError ? error.kind : 'transient'
  switch (kind) {
    case 'gone':
      return { mayCome: false, problem: `${name} is no longer there, and was left out. Send it again.` }
    case 'auth':
      return { mayCome: false, problem: `${name} was left out: ${messageOf(error)} Whoever runs Drover looks into it.` }
    case 'invalid':
      return { mayCome: false, problem: `${name} was left out: ${messageOf(error)} Send it another way.` }
    case 'rate':
    case 'transient':
      return {
        mayCome: true,
        retryAfterMs: error instanceof ChannelError ? error.retryAfterMs : undefined,
        problem: gaveUp(file),
      }
  }
}

export const gaveUp = (file: Attachment) =>
  `${nameOf(file)} could not be fetched, and was left out. Send it again later.`

export const tooMany = (count: number) =>
  `I took the first ${MOST_FILES} of ${count} files. Send the others with another message.`

/** In a line: names are whatever their sender wants. */
function nameOf({ kind, name }: Attachment) {
  if (kind === 'voice') return 'The voice message'
  const letters = Array.from(name.replaceAll(/[\s`*_~|<>[\]]+/g, ' ').trim())
  return `“${letters.length <= 60 ? letters.join('') : `${letters.slice(0, 59).join('')}…`}”`
}
