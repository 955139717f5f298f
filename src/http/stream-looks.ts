import { performance } from 'node:perf_hooks'
import type { Log } from '../lib/log.ts'
import type { Watch } from './watch.ts'

const RECONNECT_MS = 1_000

/** `no-transform` and `x-accel-buffering`: a proxy that waits for more would hold back what happens now. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

interface LooksParts {
  watch: Watch
  log: Log
  heartbeatMs: number
  /** Of what is watched, for the log. */
  id: string
}

/** What a look found, as server-sent events; `isLast` when nothing follows. */
interface Found {
  text: string
  isLast: boolean
}

/**
 * Server-sent events of something that is watched: `look` is asked whenever there may be news. Read only as fast as the client
 * reads. Nothing of it is left when the client leaves; where it breaks off, the client asks again.
 */
export function streamLooks(
  { watch, log, heartbeatMs, id }: LooksParts,
  look: () => Promise<Found>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()

  async function next(): Promise<Found> {
    const beatAt = performance.now() + heartbeatMs
    while (watch.isOpen) {
      const isNew = await watch.changed(Math.max(1, beatAt - performance.now()))
      if (!watch.isOpen) break
      const found = isNew ? await look() : { text: '', isLast: false }
      if (found.text !== '' || found.isLast) return found
      if (performance.now() >= beatAt) return { text: ': still here\n\n', isLast: false }
    }
    return { text: '', isLast: true }
  }

  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(`retry: ${RECONNECT_MS}\n\n`))
    },
    async pull(controller) {
      const { text, isLast } = await next().catch((error: unknown) => {
        // The client comes back by itself, and goes on where it was.
        log.warn({ err: error, id }, 'an event stream broke')
        return { text: '', isLast: true }
      })
      if (isLast) watch.close()
      else if (!watch.isOpen) return
      if (text !== '') controller.enqueue(encoder.encode(text))
      if (isLast) controller.close()
    },
    cancel() {
      watch.close()
    },
  })
}
