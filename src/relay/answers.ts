/** What the relay itself answers. */

/** https://www.rfc-editor.org/rfc/rfc9457 */
export function refuse(status: number, detail: string, headers: Record<string, string> = {}): Response {
  return Response.json(
    { type: 'about:blank', status, detail },
    { status, headers: { ...headers, 'content-type': 'application/problem+json' } },
  )
}

export const busy = (detail: string, seconds: number, status: 429 | 503 = 429) =>
  refuse(status, detail, { 'retry-after': String(seconds) })
