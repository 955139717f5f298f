import { UserError, codeOf, messageOf } from '../lib/errors.ts'
import type { TaskEvent } from '../http/wire.ts'
import { followEvents, type FollowOptions } from './follow-events.ts'
import { followStream, type StreamOptions } from './follow-stream.ts'
import { refusalOf } from './refused.ts'
import type { ServerEvent } from '../lib/server-events.ts'

/** Talks to the API of one service with one key. Throws `Refused`, or `UserError('service-away')`. */
export interface Client {
  readonly url: string
  get<T>(path: string): Promise<T>
  text(path: string): Promise<string>
  bytes(path: string): Promise<Uint8Array>
  /** With a `key` it may be sent twice and counts once. */
  post<T>(path: string, body?: object, key?: string): Promise<T>
  put<T>(path: string, body: object): Promise<T>
  delete(path: string): Promise<void>
  /** The events of a task as they happen; see followEvents. */
  events(taskId: string, options: FollowOptions): AsyncGenerator<TaskEvent, void>
  /** Server-sent events that begin anew where the service went away; see followStream. */
  stream(path: string, options: StreamOptions): AsyncGenerator<ServerEvent, void>
}

export function createClient(url: string, key: string): Client {
  const authorization = `Bearer ${key}`
  const streaming = { authorization, accept: 'text/event-stream' }

  async function call(
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Response> {
    const request = {
      method,
      headers: { authorization, ...(body && { 'content-type': 'application/json' }), ...more },
      ...(body && { body: JSON.stringify(body) }),
    }
    const response = await fetch(new URL(path, url), request).catch((error: unknown) => {
      throw serviceAway(url, error)
    })
    if (!response.ok) throw await refusalOf(response)
    return response
  }

  return {
    url,
    get: async <T>(path: string) => (await call('GET', path)).json() as Promise<T>,
    text: async (path) => (await call('GET', path)).text(),
    bytes: async (path) => new Uint8Array(await (await call('GET', path)).arrayBuffer()),
    post: async <T>(path: string, body?: object, key?: string) =>
      (await call('POST', path, body ?? {}, key === undefined ? {} : { 'idempotency-key': key })).json() as Promise<T>,
    put: async <T>(path: string, body: object) => (await call('PUT', path, body)).json() as Promise<T>,
    async delete(path) {
      await call('DELETE', path)
    },
    events: (taskId, options) =>
      followEvents((lastId, signal) => {
        const headers = { ...streaming, 'last-event-id': String(lastId) }
        return fetch(new URL(`/v1/tasks/${taskId}/events`, url), { headers, signal })
      }, options),
    stream: (path, options) =>
      followStream((signal) => fetch(new URL(path, url), { headers: streaming, signal }), options),
  }
}

export const serviceAway = (url: string, cause: unknown) =>
  new UserError(
    'service-away',
    `The service does not answer at ${url} (${reasonOf(cause)}). Start it with: drover up`,
    { cause },
  )

/** `fetch failed` says nothing; what caused it does. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error
  return codeOf(inner) ?? messageOf(inner)
}
