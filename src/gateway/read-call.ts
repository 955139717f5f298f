import type { IncomingMessage } from 'node:http'
import type { ApiShape } from './vendors.ts'

/** A whole request body; undefined as soon as `mayTake` refuses so many bytes more. */
export async function readBody(
  request: IncomingMessage,
  mayTake: (bytes: number) => boolean,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  // The stream must outlive the loop: a refusal goes out on its socket.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!mayTake((chunk as Buffer).length)) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** The model that a call asks for, and its body made such that it can be metered; or, in a sentence, why it cannot be. */
export function readCall(
  shape: ApiShape,
  path: string,
  body: Buffer,
): { model: string | undefined; body: Buffer } | string {
  const json = parseObject(body)
  if (!json) return 'Drover reads calls to meter them, and this one is no JSON object.'
  // The vendor would work on it after the answer, unseen.
  if (json.background) return 'Drover cannot meter answers in the background. Ask without `background`.'
  const model = shape === 'gemini' ? /models\/([^/:]+)/.exec(path)?.[1] : json.model
  const isUnmetered = shape === 'chat' && json.stream === true
  return {
    model: typeof model === 'string' ? model : undefined,
    body: isUnmetered ? Buffer.from(JSON.stringify(withUsage(json))) : body,
  }
}

/** OpenAI's chat tells no tokens in a stream unless it is asked to. */
function withUsage(json: Record<string, unknown>): Record<string, unknown> {
  const asked = typeof json.stream_options === 'object' ? json.stream_options : {}
  return { ...json, stream_options: { ...asked, include_usage: true } }
}

function parseObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(body.toString())
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
