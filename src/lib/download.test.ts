import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { download, DownloadError } from './download.ts'

const SECRET = 'secret-in-the-path'
let answer: (request: IncomingMessage, response: ServerResponse) => void
const server = createServer((request, response) => answer(request, response))
let origin: string

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

const fetchIt = ({ maxBytes = 1000, signal = new AbortController().signal, origins = [origin] } = {}) =>
  download(`${origin}/${SECRET}/a.bin`, { origins, maxBytes, signal, headers: { authorization: `Bearer ${SECRET}` } })

async function failureOf(work: Promise<unknown>): Promise<DownloadError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DownloadError)
  expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain(SECRET)
  expect((error as Error).cause).toBeUndefined()
  return error as DownloadError
}

test('what lies there comes whole, as what it says it is, and so does nothing', async () => {
  answer = (request, response) => {
    expect(request.headers.authorization).toBe(`Bearer ${SECRET}`)
    response.writeHead(200, { 'content-type': 'Audio/Ogg; codecs=opus' }).end(Buffer.from([0, 255, 7]))
  }
  expect(await fetchIt({ maxBytes: 3 })).toEqual({ content: new Uint8Array([0, 255, 7]), mediaType: 'audio/ogg' })
  answer = (_, response) => void response.end()
  expect(await fetchIt()).toEqual({ content: new Uint8Array(), mediaType: '' })
})

test.for<[number, string, number?]>([
  [404, 'gone'],
  [410, 'gone'],
  [401, 'auth'],
  [403, 'auth'],
  [302, 'auth'],
  [429, 'rate', 7000],
  [503, 'transient'],
  [400, 'invalid'],
])('HTTP %d is `%s`', async ([status, kind, retryAfterMs]) => {
  answer = (_, response) =>
    void response.writeHead(status, { 'retry-after': '7', location: `${origin}/else` }).end('no')
  const error = await failureOf(fetchIt())
  expect({ kind: error.kind, retryAfterMs: error.wait.retryAfterMs }).toEqual({ kind, retryAfterMs })
})

test('reading stops where it is too much, whatever the length that was told', async () => {
  let sent = 0
  const ended = Promise.withResolvers<void>()
  answer = (request, response) => {
    request.socket.once('close', ended.resolve)
    // Without an end, and no length told.
    const write = () => {
      while (!response.destroyed && response.write(Buffer.alloc(10_000))) sent += 10_000
      response.once('drain', write)
    }
    write()
  }
  expect((await failureOf(fetchIt({ maxBytes: 50_000 }))).kind).toBe('invalid')
  await ended.promise
  expect(sent).toBeGreaterThan(40_000)
})

test('half a file is none', async () => {
  answer = (request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half')
    setTimeout(() => request.socket.destroy(), 20)
  }
  expect((await failureOf(fetchIt())).kind).toBe('transient')
})

test('whom nobody named is not asked', async () => {
  let isAsked = false
  answer = (_, response) => {
    isAsked = true
    response.end()
  }
  expect((await failureOf(fetchIt({ origins: ['https://files.example.org'] }))).kind).toBe('invalid')
  expect(isAsked).toBe(false)
})

test('a stop ends it in the middle', async () => {
  const stopping = new AbortController()
  answer = (_, response) => {
    response.write('some')
    void sleep(20).then(() => stopping.abort())
  }
  expect((await failureOf(fetchIt({ signal: stopping.signal }))).kind).toBe('transient')
  expect((await failureOf(fetchIt({ signal: stopping.signal }))).message).toMatch(/Stopped/)
})

test('who does not listen is `transient`, and said by its code alone', async () => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const closed = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  other.close()
  await once(other, 'close')
  const wish = { origins: [closed], maxBytes: 1, signal: new AbortController().signal }
  const { kind, message } = await failureOf(download(`${closed}/${SECRET}`, wish))
  expect({ kind, message }).toEqual({ kind: 'transient', message: 'It did not come whole: ECONNREFUSED.' })
})
