import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** Models think for minutes, and without a stream they say nothing meanwhile. */
const SILENCE_MS = 30 * 60_000

interface VendorCall {
  url: string
  method: string
  headers: OutgoingHttpHeaders
  body: Buffer | undefined
  signal: AbortSignal
  /** The vendor has the whole request, and may begin to work. */
  onSent: () => void
}

/** The vendor's answer, as soon as its head is there. Not `fetch`: that gives up after five minutes of silence, and unpacks. */
export function callVendor({ url, method, headers, body, signal, onSent }: VendorCall): Promise<IncomingMessage> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = send(url, { method, headers, signal, timeout: SILENCE_MS })
    request.on('timeout', () => request.destroy(new Error('The vendor has been silent for half an hour.')))
    request.on('finish', onSent)
    request.on('response', resolve)
    // Stays on after the answer began: the answer's stream tells of the same break.
    request.on('error', reject)
    request.end(body)
  })
}
