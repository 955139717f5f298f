import { DeepgramClient, DeepgramError } from '@deepgram/sdk'
import { z } from 'zod'
import { SpeechError, type Transcriber } from '../transcriber.ts'

/** A voice message is minutes, and is written down in seconds. */
const TIMEOUT_SECONDS = 60

export interface DeepgramOptions {
  apiKey: string
  /** Left out: Deepgram itself. */
  url?: string
  /** Left out: it finds out by itself. */
  language?: string
  timeoutSeconds?: number
}

/** What we read of its answer: https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded */
const Answer = z.object({
  metadata: z.object({ duration: z.number() }),
  results: z.object({
    channels: z
      .array(
        z.object({
          detected_language: z.string().optional(),
          alternatives: z.array(z.object({ transcript: z.string(), confidence: z.number() })).min(1),
        }),
      )
      .min(1),
  }),
})

/** Speech to text by Deepgram's model nova-3. */
export function createDeepgram(options: DeepgramOptions): Transcriber {
  const { apiKey, url, language, timeoutSeconds = TIMEOUT_SECONDS } = options
  const client = new DeepgramClient({
    apiKey,
    ...(url !== undefined && { baseUrl: url }),
    timeoutInSeconds: timeoutSeconds,
    // Its own tries sleep through an abort; who asks tries again, over restarts as well.
    maxRetries: 0,
  })
  return {
    async transcribe(recording, mediaType, signal) {
      const answer = await client.listen.v1.media
        .transcribeFile(
          // Without its type a recording goes out as octet-stream.
          { data: recording, contentType: mediaType, contentLength: recording.byteLength },
          {
            model: 'nova-3',
            smart_format: true,
            ...(language === undefined ? { detect_language: true } : { language }),
          },
          { abortSignal: signal },
        )
        .catch((error: unknown) => {
          throw toSpeechError(error)
        })
      const parsed = Answer.safeParse(answer)
      const channel = parsed.data?.results.channels[0]
      const best = channel?.alternatives[0]
      if (!parsed.success || !channel || !best)
        throw new SpeechError('Deepgram answered something that is no transcript.', { isTransient: true })
      return {
        // PostgreSQL takes no NUL in a text.
        text: best.transcript.replaceAll('\0', '').trim(),
        confidence: best.confidence,
        language: channel.detected_language ?? language ?? null,
        seconds: parsed.data.metadata.duration,
      }
    },
  }
}

/** By the status alone: the SDK's messages hold what was answered, which is not for people, and not for the log either. */
function toSpeechError(error: unknown): SpeechError {
  const { statusCode: status, rawResponse } = error instanceof DeepgramError ? error : {}
  if (status === undefined) return new SpeechError('Deepgram does not answer.', { isTransient: true, cause: error })
  if (status === 401 || status === 403)
    return refusal('Deepgram refuses the key: whoever runs Drover checks DEEPGRAM_API_KEY.')
  if (status === 402) return refusal('Deepgram’s account has no credit left: whoever runs Drover looks at it.')
  if (status === 429) {
    const seconds = Number(rawResponse?.headers.get('retry-after') ?? Number.NaN)
    return new SpeechError('Deepgram is busy.', {
      isTransient: true,
      ...(seconds > 0 && { retryAfterMs: seconds * 1_000 }),
    })
  }
  if (status === 408 || status >= 500) return new SpeechError('Deepgram does not answer.', { isTransient: true })
  return refusal(`Deepgram cannot read this recording (${status}).`)
}

const refusal = (message: string) => new SpeechError(message, { isTransient: false })
