import { request as httpRequest } from 'node:http'
import { expect, test } from 'vitest'
import { openTestApi, startTask } from '../../test/http-kit.ts'
import { readServerEvents } from '../lib/server-events.ts'
import { startServer } from './server.ts'

/** `fetch` sets the Host header itself. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(`${url}/livez`, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test('on loopback, only names of this machine and those that are allowed are answered', async () => {
  await using api = await openTestApi()
  const server = await startServer(api.http, { host: '127.0.0.1', port: 0, allowedHosts: ['drover.example.com'] })
  const { port } = new URL(server.url)
  const answered = [`127.0.0.1:${port}`, 'localhost', `LOCALHOST:${port}`, `[::1]:${port}`, 'drover.example.com']
  for (const host of answered) expect([host, await statusFor(server.url, host)]).toEqual([host, 200])
  for (const host of ['evil.example', `127.0.0.1.evil.example:${port}`, '192.168.0.7']) {
    expect([host, await statusFor(server.url, host)]).toEqual([host, 403])
  }
  await server.stop()
})

test('a port that is taken is explained', async () => {
  await using api = await openTestApi()
  const server = await startServer(api.http, { host: '127.0.0.1', port: 0 })
  const port = Number(new URL(server.url).port)
  await expect(startServer(api.http, { host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'port-in-use',
    message: expect.stringContaining('PORT'),
  })
  await expect(startServer(api.http, { host: '203.0.113.1', port: 0 })).rejects.toMatchObject({ code: 'host-unknown' })
  await server.stop()
})

test('a stop ends open streams and settles, however often it is asked for', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  const server = await startServer(api.http, { host: '127.0.0.1', port: 0 })
  const headers = { authorization: `Bearer ${api.key}`, accept: 'text/event-stream' }
  const response = await fetch(`${server.url}/v1/tasks/${id}/events`, { headers })
  const seen: string[] = []
  for await (const { event } of readServerEvents(response.body as ReadableStream<Uint8Array>, () => undefined)) {
    seen.push(event)
    await Promise.all([server.stop(), server.stop()])
  }
  expect(seen).toEqual(['state'])
  await expect(fetch(server.url)).rejects.toThrow('fetch failed')
})

test('when a client leaves, its stream is closed on our side', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  const server = await startServer(api.http, { host: '127.0.0.1', port: 0 })
  const leaving = new AbortController()
  const headers = { authorization: `Bearer ${api.key}`, accept: 'text/event-stream' }
  const response = await fetch(`${server.url}/v1/tasks/${id}/events`, { headers, signal: leaving.signal })
  await response.body?.getReader().read()
  leaving.abort()
  // Nobody watches any more: the poll stands still, and with it the connections that it takes.
  const { pool } = api.database
  let asked = 0
  pool.on('acquire', () => (asked += 1))
  await expect
    .poll(
      async () => {
        asked = 0
        await new Promise((resolve) => setTimeout(resolve, 200))
        return asked
      },
      { timeout: 20_000 },
    )
    .toBe(0)
  await server.stop()
})
