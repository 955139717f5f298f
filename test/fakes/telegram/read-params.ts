/** The parameters of a call: the Bot API takes them as JSON, as a form, as multipart and in the query. */
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'

export async function readParams(request: IncomingMessage): Promise<Record<string, unknown>> {
  const type = request.headers['content-type'] ?? ''
  const body = await buffer(request)
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://telegram').searchParams)
  if (body.length === 0) return query
  if (type.includes('application/json')) return { ...query, ...JSON.parse(body.toString()) }
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
  const params: Record<string, unknown> = { ...query }
  const files = new Map<string, unknown>()
  for (const [name, value] of form) {
    if (typeof value === 'string') params[name] = /^[[{]/.test(value) ? JSON.parse(value) : value
    else files.set(name, { name: value.name, mediaType: value.type, content: Buffer.from(await value.arrayBuffer()) })
  }
  for (const [name, file] of files) params[name] = file
  // A parameter may name the part that holds its file.
  for (const [name, value] of Object.entries(params))
    if (typeof value === 'string' && value.startsWith('attach://')) params[name] = files.get(value.slice(9))
  return params
}
