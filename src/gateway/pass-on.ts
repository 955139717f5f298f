import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { callVendor } from './call-vendor.ts'
import { headersForAgent } from './headers.ts'
import { createMeter, estimateTokens, type Meter, type Total } from './meter.ts'
import type { ApiShape } from './vendors.ts'

interface Passing {
  call: Omit<Parameters<typeof callVendor>[0], 'signal' | 'onSent'>
  /** Left out: the vendor asks no money for it. */
  shape: ApiShape | undefined
  response: ServerResponse
  mask: (text: string) => string
  /** Told once, when it is clear what the call took; awaited before the end of the answer goes on. */
  onTotal: (total: Total) => Promise<void>
}

/** Sends a call to its vendor and the answer back, and reads along. Rejects when the vendor breaks off; that the agent leaves is no error. */
export async function passOn({ call, shape, response, mask, onTotal }: Passing): Promise<void> {
  if (response.destroyed) return
  let brokenBy: 'agent' | 'vendor' | undefined
  const left = new AbortController()
  response.on('close', () => {
    if (response.writableFinished) return
    brokenBy ??= 'agent'
    left.abort()
  })
  const tokensAsked = () => estimateTokens(call.body ?? Buffer.alloc(0))
  const tell = async (meter: Meter) => {
    const total = meter.total(tokensAsked)
    if (total) await onTotal(total)
  }

  let isSent = false
  let answer: IncomingMessage
  try {
    answer = await callVendor({ ...call, signal: left.signal, onSent: () => (isSent = true) })
  } catch (error) {
    if (!left.signal.aborted) throw error
    // The vendor was at work on it: if this were free, an agent could ask without end and leave each time.
    if (shape && isSent) await tell(createMeter(shape, undefined))
    return
  }
  answer.on('error', () => (brokenBy ??= 'vendor'))
  const status = answer.statusCode ?? 502
  const headers = headersForAgent(answer.headers, mask)
  const isMetered = shape !== undefined && status < 300
  const meter = isMetered ? createMeter(shape, answer.headers['content-type']) : undefined
  let told: Promise<void> | undefined
  const tellOnce = async () => (told ??= meter ? tell(meter) : Promise.resolve())
  try {
    if (status >= 300) {
      const body = maskBody(await buffer(answer), mask)
      response.writeHead(status, { ...headers, 'content-length': body.length }).end(body)
      return
    }
    // By its length an agent would know the end of an answer before the meter does.
    if (meter) delete headers['content-length']
    response.writeHead(status, headers)
    response.flushHeaders()
    await pipeline(
      answer,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          meter?.read(chunk)
          if (meter?.ended) await tellOnce()
          yield chunk
        }
        meter?.end()
        await tellOnce()
      },
      response,
    )
  } catch (error) {
    if (brokenBy !== 'agent') throw error
  } finally {
    await tellOnce()
  }
}

/** Errors may quote what was sent. Where nothing is to be hidden the bytes stay as they are. */
function maskBody(body: Buffer, mask: (text: string) => string): Buffer {
  const text = body.toString()
  const masked = mask(text)
  return masked === text ? body : Buffer.from(masked)
}
