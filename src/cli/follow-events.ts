import type { TaskEvent } from '../http/wire.ts'
import { followStream, type StreamOptions } from './follow-stream.ts'

export interface FollowOptions extends StreamOptions {
  /** Only events after this number. */
  after: number
}

/**
 * The events of a task, each once and in order, to its end. A service that went away is asked again from the last number seen:
 * whoever watches sees the end, whatever happened to the service.
 */
export async function* followEvents(
  connect: (lastId: number, signal: AbortSignal) => Promise<Response>,
  { after, ...options }: FollowOptions,
): AsyncGenerator<TaskEvent, void> {
  let last = after
  for await (const { event, data } of followStream((signal) => connect(last, signal), options)) {
    if (event === 'end') return
    const told = JSON.parse(data) as TaskEvent
    if (told.seq <= last) continue
    last = told.seq
    yield told
  }
}
