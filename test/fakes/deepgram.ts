import { startModelVendor } from './model-vendor.ts'

export const DEEPGRAM_KEY = 'dg-key-1'

/** What is heard in a recording, or the status that is answered instead; `silence` never answers. */
type Hears =
  | { transcript: string; confidence: number; language?: string }
  | { status: number; headers?: Record<string, string> }
  | 'silence'

/**
 * Deepgram's `POST /v1/listen` on a real socket, with what it refuses: another key, another model, a recording that is none.
 * Its refusals hold what must not be shown. https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded
 */
export async function startDeepgram(hears: () => Hears) {
  const vendor = await startModelVendor(({ method, path, headers, body }, response) => {
    const answer = (status: number, content: object, more: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...more })
      response.end(JSON.stringify(content))
    }
    const refuse = (status: number, more?: Record<string, string>) =>
      answer(status, { err_code: 'REFUSED', err_msg: `of project prj-secret ${headers.authorization}` }, more)
    const url = new URL(path, 'http://deepgram')
    if (method !== 'POST' || url.pathname !== '/v1/listen') return refuse(404)
    if (headers.authorization !== `Token ${DEEPGRAM_KEY}`) return refuse(401)
    if (url.searchParams.get('model') !== 'nova-3') return refuse(400)
    if (headers['content-type']?.startsWith('audio/') !== true || !body.startsWith('OggS')) return refuse(400)
    const heard = hears()
    if (heard === 'silence') return
    if ('status' in heard) return refuse(heard.status, heard.headers)
    const asked = url.searchParams.get('language')
    answer(200, {
      metadata: { request_id: 'r-1', sha256: '', created: '', duration: body.length / 10, channels: 1, models: [] },
      results: {
        channels: [
          {
            ...(asked === null && { detected_language: heard.language ?? 'en' }),
            alternatives: [{ transcript: heard.transcript, confidence: heard.confidence, words: [] }],
          },
        ],
      },
    })
  })
  return { ...vendor, [Symbol.asyncDispose]: vendor.stop }
}
