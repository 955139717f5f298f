import type { Transcriber } from './transcriber.ts'

export interface SpeechSettings {
  DEEPGRAM_API_KEY?: string | undefined
  DEEPGRAM_API_URL?: string | undefined
  DEEPGRAM_LANGUAGE?: string | undefined
}

/** What the settings name, or undefined. Its library is large: it is loaded only then. */
export async function openTranscriber({
  DEEPGRAM_API_KEY: apiKey,
  DEEPGRAM_API_URL: url,
  DEEPGRAM_LANGUAGE: language,
}: SpeechSettings): Promise<Transcriber | undefined> {
  if (apiKey === undefined) return undefined
  const { createDeepgram } = await import('./deepgram/deepgram.ts')
  return createDeepgram({ apiKey, ...(url !== undefined && { url }), ...(language !== undefined && { language }) })
}
