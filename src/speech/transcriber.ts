/** The contract between Drover and a service that writes down what was spoken. */

/** What was said in a recording. */
export interface Transcript {
  /** Empty where nothing was said. */
  text: string
  /** From 0 to 1, as the service judges itself. */
  confidence: number
  /** As the service names it: `en`, `de`. */
  language: string | null
  /** Length of the recording. */
  seconds: number
}

export interface Transcriber {
  /** Throws SpeechError. */
  transcribe(recording: Uint8Array, mediaType: string, signal: AbortSignal): Promise<Transcript>
}

/** Why there is no transcript: the message is a sentence for the person who spoke, without anything that the service answered. */
export class SpeechError extends Error {
  /** Whether the same recording may be taken later. */
  readonly isTransient: boolean
  readonly retryAfterMs: number | undefined
  constructor(
    message: string,
    { isTransient, retryAfterMs, ...options }: ErrorOptions & { isTransient: boolean; retryAfterMs?: number },
  ) {
    super(message, options)
    this.name = 'SpeechError'
    this.isTransient = isTransient
    this.retryAfterMs = retryAfterMs
  }
}
