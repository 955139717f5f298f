import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'
import { createLog } from '../lib/log.ts'
import { followRelay } from './follow-relay.ts'

const PATIENCE = { timeout: 15_000, interval: 20 }
const log = createLog({ level: 'silent', pretty: false, secrets: {} })

/** Answers as it is told to, and notes what it was asked. */
async function listen(answer: (call: string, response: ServerResponse, body: string) => void) {
  const calls: string[] = []
  const server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      calls.push(`${request.method} ${request.url}`)
      answer(calls.at(-1)!, response, Buffer.concat(chunks).toString())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('a post is handed on once, though the relay hears of it at the third try only; then a silent stream is replaced', async () => {
  const channel = 'x'.repeat(24)
  const post = {
    seq: 7,
    method: 'PUT',
    path: '/webhooks/a',
    query: '?b',
    headers: {},
    receivedAt: new Date().toISOString(),
    body: '',
  }
  const acks: string[] = []
  await using service = await listen((_, response) => response.writeHead(201).end())
  await using relay = await listen((call, response, body) => {
    if (call.startsWith('GET')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(acks.length < 3 ? `event: post\ndata: ${JSON.stringify(post)}\n\n` : ':\n\n')
    } else {
      acks.push(body)
      if (acks.length === 1) response.destroy()
      else response.writeHead(acks.length === 2 ? 503 : 204).end()
    }
  })
  const stopping = new AbortController()
  const ended = followRelay(
    {
      relay: { url: `${relay.url}/r/${channel}`, token: 't' },
      service: { url: service.url, giveUpMs: 1_000 },
      log,
      silenceMs: 200,
    },
    stopping.signal,
  )
  const streams = () => relay.calls.filter((call) => call === `GET /relay/${channel}/posts`)
  await vi.waitFor(() => expect(acks).toHaveLength(3), PATIENCE)
  const before = streams().length
  await vi.waitFor(() => expect(streams().length).toBeGreaterThan(before + 1), PATIENCE)
  stopping.abort()
  await ended
  expect(service.calls).toEqual(['PUT /webhooks/a?b'])
  expect(acks.map((ack): unknown => JSON.parse(ack))).toEqual(
    Array.from({ length: 3 }, () => ({ seq: 7, outcome: 'answered', status: 201 })),
  )
})
