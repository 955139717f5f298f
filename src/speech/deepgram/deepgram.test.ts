import { expect, test } from 'vitest'
import { DEEPGRAM_KEY, startDeepgram } from '../../../test/fakes/deepgram.ts'
import { openTranscriber } from '../open-transcriber.ts'
import { SpeechError } from '../transcriber.ts'
import { createDeepgram } from './deepgram.ts'

const RECORDING = new TextEncoder().encode('OggS and forty bytes of what somebody said')
const signal = new AbortController().signal

test('what was said comes with how sure it is, in which language, and how long it took', async () => {
  await using deepgram = await startDeepgram(() => ({ transcript: ' Fix the login. ', confidence: 0.98 }))
  const transcriber = await openTranscriber({ DEEPGRAM_API_KEY: DEEPGRAM_KEY, DEEPGRAM_API_URL: deepgram.url })
  expect(await transcriber?.transcribe(RECORDING, 'audio/ogg', signal)).toEqual({
    text: 'Fix the login.',
    confidence: 0.98,
    language: 'en',
    seconds: RECORDING.length / 10,
  })
  expect(deepgram.requests[0]?.path).toContain('detect_language=true')
  expect(deepgram.requests[0]?.headers['content-type']).toBe('audio/ogg')
})

test('a language that is set is asked for', async () => {
  await using deepgram = await startDeepgram(() => ({ transcript: 'Hallo', confidence: 0.9 }))
  const german = createDeepgram({ apiKey: DEEPGRAM_KEY, url: deepgram.url, language: 'de' })
  expect(await german.transcribe(RECORDING, 'audio/ogg', signal)).toMatchObject({ text: 'Hallo', language: 'de' })
  expect(deepgram.requests[0]?.path).not.toContain('detect_language')
})

test('without a key there is none', async () => {
  expect(await openTranscriber({})).toBeUndefined()
})

test.each([
  ['a wrong key', 401, { isTransient: false, message: expect.stringContaining('DEEPGRAM_API_KEY') }],
  ['no credit', 402, { isTransient: false, message: expect.stringContaining('credit') }],
  ['a recording that it cannot read', 400, { isTransient: false, message: expect.stringContaining('cannot read') }],
  ['too many at once', 429, { isTransient: true, retryAfterMs: 7_000 }],
  ['being away', 503, { isTransient: true }],
])('%s says what follows, is asked once, and shows nothing of the answer', async (_, status, expected) => {
  await using deepgram = await startDeepgram(() => ({ status, headers: { 'retry-after': '7' } }))
  const transcriber = createDeepgram({ apiKey: DEEPGRAM_KEY, url: deepgram.url })
  const error = await transcriber.transcribe(RECORDING, 'audio/ogg', signal).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(SpeechError)
  expect(error).toMatchObject(expected)
  expect(String((error as Error).stack) + String((error as Error).cause)).not.toMatch(/prj-secret|dg-key/)
  expect(deepgram.requests).toHaveLength(1)
})

test('who never answers, and who is not there, may answer later', async () => {
  await using deepgram = await startDeepgram(() => 'silence')
  const slow = createDeepgram({ apiKey: DEEPGRAM_KEY, url: deepgram.url, timeoutSeconds: 0.2 })
  await expect(slow.transcribe(RECORDING, 'audio/ogg', signal)).rejects.toMatchObject({ isTransient: true })
  const absent = createDeepgram({ apiKey: DEEPGRAM_KEY, url: 'http://127.0.0.1:9' })
  await expect(absent.transcribe(RECORDING, 'audio/ogg', signal)).rejects.toMatchObject({ isTransient: true })
})

test('whoever asked may give up', async () => {
  const stopping = new AbortController()
  await using deepgram = await startDeepgram(() => {
    stopping.abort()
    return 'silence'
  })
  const transcriber = createDeepgram({ apiKey: DEEPGRAM_KEY, url: deepgram.url })
  await expect(transcriber.transcribe(RECORDING, 'audio/ogg', stopping.signal)).rejects.toThrow('does not answer')
})
