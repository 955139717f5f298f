import { once } from 'node:events'
import { buffer, text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { ask, bearer, KINDS, listLog, openHouse, TOKEN } from '../../test/fakes/model-agent.ts'
import { SAMPLES, type Answer } from '../../test/fakes/model-vendor.ts'
import type { ModelCall } from './gateway.ts'

const { messages, responses, chat } = SAMPLES
const EVENT_STREAM = { 'content-type': 'text/event-stream' }
const says =
  (body: object): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

/** Calls as they are told, to be awaited. */
function awaited() {
  const { promise, resolve } = Promise.withResolvers<ModelCall>()
  return { first: promise, onCall: async (call: ModelCall) => resolve(call) }
}

/** Says all but what ends the stream, then waits for ever; settles when the gateway hangs up. */
function halfway(events: string[]) {
  const hungUp = Promise.withResolvers<void>()
  const answer: Answer = (_request, response) => {
    response.on('close', () => hungUp.resolve())
    response.writeHead(200, EVENT_STREAM)
    response.write(events.join(''))
  }
  return { answer, hungUp: hungUp.promise }
}

async function readUntil(answer: IncomingMessage, end: string): Promise<void> {
  let seen = ''
  for await (const chunk of answer.iterator({ destroyOnReturn: false })) {
    seen += String(chunk)
    if (seen.includes(end)) return
  }
}

test('an agent that leaves in the middle hangs up on the vendor, and what was written is metered', async () => {
  const { answer: vendorSays, hungUp } = halfway(messages.stream.slice(0, 5))
  const { first, onCall } = awaited()
  const { log, lines } = listLog()
  await using house = await openHouse(vendorSays, { run: { onCall }, log })
  const answer = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  await readUntil(answer, 'wörld')
  answer.destroy()
  await hungUp
  expect(await first).toMatchObject({
    model: 'claude-opus-4-5-20251101',
    inputTokens: 100,
    cacheReadTokens: 3000,
    // The vendor said 1 at the beginning; "Hello, wörld" and its wrapping are more.
    outputTokens: expect.toSatisfy((tokens: number) => tokens >= 3 && tokens < 20) as number,
    usd: expect.toSatisfy((usd: number) => usd > 0.002) as number,
  })
  await setImmediate()
  expect(lines).toEqual([])
})

test('the total of the tokens is exact when the agent leaves between it and the end', async () => {
  const { answer: vendorSays } = halfway(messages.stream.slice(0, -1))
  const { first, onCall } = awaited()
  await using house = await openHouse(vendorSays, { run: { onCall } })
  const answer = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  await readUntil(answer, 'message_delta')
  answer.destroy()
  expect(await first).toMatchObject({ outputTokens: 50, usd: expect.closeTo(0.003375, 10) as number })
})

test.each([
  ['responses', responses, 3],
  ['chat', chat, 3],
] as const)(
  '%s: tokens that the vendor tells only at the end are estimated when an agent leaves before',
  async (_name, sample, pieces) => {
    const { answer: vendorSays } = halfway(sample.stream.slice(0, pieces))
    const { first, onCall } = awaited()
    await using house = await openHouse(vendorSays, { run: { onCall } })
    const body = { ...sample.ask, stream: true, instructions: 'word '.repeat(4000), image: 'A'.repeat(400_000) }
    const answer = await ask(house.base('openai') + sample.path, { body })
    await readUntil(answer, 'wörld')
    answer.destroy()
    const call = await first
    expect(call.inputTokens).toBeGreaterThan(5000)
    // The picture is not counted by its length.
    expect(call.inputTokens).toBeLessThan(6000)
    expect(call.outputTokens).toBeGreaterThanOrEqual(3)
    expect(call.usd).toBeGreaterThan(0.02)
  },
)

test('an agent that leaves before the answer begins has still cost what it asked', async () => {
  const working = Promise.withResolvers<void>()
  const hungUp = Promise.withResolvers<void>()
  const { first, onCall } = awaited()
  await using house = await openHouse(
    (_request, response) => {
      response.on('close', () => hungUp.resolve())
      working.resolve()
    },
    { run: { onCall } },
  )
  const left = new AbortController()
  const fetched = fetch(house.base('openai') + responses.path, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ ...responses.ask, input: 'word '.repeat(4000) }),
    signal: left.signal,
  })
  await working.promise
  left.abort()
  await expect(fetched).rejects.toThrow('aborted')
  await hungUp.promise
  expect(await first).toMatchObject({
    model: 'gpt-5.6-sol',
    inputTokens: expect.closeTo(5000, -2) as number,
    outputTokens: 0,
  })
})

test('an agent that leaves while its budget is looked up costs nothing', async () => {
  const looking = Promise.withResolvers<void>()
  const found = Promise.withResolvers<undefined>()
  const mayCall = () => {
    looking.resolve()
    return found.promise
  }
  await using house = await openHouse(says(messages.whole), { run: { mayCall } })
  const hungUp = new Promise((resolve) => house.door.once('connection', (socket) => socket.once('close', resolve)))
  const socket = connect(Number(new URL(house.url).port), '127.0.0.1')
  const path = house.gateway.pathFor('anthropic') + messages.path
  socket.write(`POST ${path} HTTP/1.1\r\nhost: door\r\nx-api-key: ${TOKEN}\r\ncontent-length: 2\r\n\r\n{}`)
  await looking.promise
  socket.destroy()
  await hungUp
  found.resolve(undefined)
  await buffer(await ask(house.base('anthropic') + messages.path, { body: messages.ask }))
  expect(house.vendor.requests).toHaveLength(1)
  expect(house.calls).toHaveLength(1)
})

test.each(KINDS)(
  '$vendor ($sample.path): when the vendor breaks off, the agent sees it and the meter too',
  async (kind) => {
    const { vendor, sample } = kind
    const { first, onCall } = awaited()
    const { log, lines } = listLog()
    await using house = await openHouse(
      (_request, response) => {
        response.writeHead(200, EVENT_STREAM)
        response.write(sample.stream[0] ?? '', () => response.destroy())
      },
      { run: { onCall }, log },
    )
    const answer = await ask(house.base(vendor) + sample.streamPath, { body: { ...sample.ask, stream: true } })
    await expect(text(answer)).rejects.toThrow('aborted')
    const { inputTokens, usd } = await first
    expect(inputTokens).toBeGreaterThan(0)
    expect(usd).toBeGreaterThan(0)
    await setImmediate()
    expect(lines).toHaveLength(1)
  },
)

test('a vendor that fails in a stream before it did anything costs nothing', async () => {
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }
  await using house = await openHouse((_request, response) => {
    response.writeHead(200, EVENT_STREAM).end(`event: error\ndata: ${JSON.stringify(error)}\n\n`)
  })
  const answer = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  expect(await text(answer)).toContain('overloaded_error')
  expect(house.calls).toEqual([])
})

test('twenty streams at once keep apart', async () => {
  const all = Promise.withResolvers<void>()
  let waiting = 0
  await using house = await openHouse(async (request, response) => {
    const { n } = JSON.parse(request.body) as { n: number }
    response.writeHead(200, EVENT_STREAM)
    response.write(messages.stream[0])
    waiting += 1
    if (waiting === 20) all.resolve()
    await all.promise
    for (const event of messages.stream.slice(1)) {
      response.write(event.replace('Hello', `Hello ${n}`).replace('"output_tokens":50', `"output_tokens":${n}`))
      await setImmediate()
    }
    response.end()
  })
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const answer = await ask(house.base('anthropic') + messages.path, { body: { ...messages.ask, n } })
      return text(answer)
    }),
  )
  expect(answers.map((answer) => /Hello (\d+)/.exec(answer)?.[1])).toEqual(answers.map((_, n) => String(n)))
  expect(house.calls.map(({ outputTokens }) => outputTokens).toSorted((a, b) => a - b)).toEqual(
    answers.map((_, n) => n),
  )
})

test('a run has at most 32 calls under way', async () => {
  const all = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  let waiting = 0
  await using house = await openHouse(async (_request, response) => {
    waiting += 1
    if (waiting === 32) all.resolve()
    await go.promise
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(messages.whole))
  })
  const url = house.base('anthropic') + messages.path
  const first = Array.from({ length: 32 }, async () => buffer(await ask(url, { body: messages.ask })))
  await all.promise
  const refused = await ask(url, { body: messages.ask })
  expect(refused.statusCode).toBe(429)
  go.resolve()
  await Promise.all(first)
  expect(house.calls).toHaveLength(32)
  expect((await ask(url, { body: messages.ask })).statusCode).toBe(200)
})

test('a request of ten megabytes passes whole', async () => {
  await using house = await openHouse(says(messages.whole))
  const body = JSON.stringify({ ...messages.ask, picture: 'ä'.repeat(5 * 2 ** 20) })
  const answer = await ask(house.base('anthropic') + messages.path, { body })
  await buffer(answer)
  expect(answer.statusCode).toBe(200)
  expect(house.vendor.requests[0]?.body === body).toBe(true)
  expect(house.vendor.requests[0]?.headers['content-length']).toBe(String(Buffer.byteLength(body)))
})

test('more than 32 megabytes are refused, though taken to their end, and never reach the vendor', async () => {
  await using house = await openHouse(says(messages.whole))
  // By hand: node's own client stops sending when an answer comes early.
  const socket = connect(Number(new URL(house.url).port), '127.0.0.1')
  const path = house.gateway.pathFor('anthropic') + messages.path
  socket.write(`POST ${path} HTTP/1.1\r\nhost: door\r\nx-api-key: ${TOKEN}\r\ncontent-length: ${2 ** 26}\r\n\r\n`)
  const sent = new Promise((resolve) => socket.write(Buffer.alloc(2 ** 26), resolve))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 .*"request_too_large"/s)
  await sent
  socket.destroy()
  expect(house.vendor.requests).toEqual([])
})

test('what a run has sent makes room when its call has ended', async () => {
  await using house = await openHouse(says(messages.whole))
  const body = Buffer.alloc(31 * 2 ** 20)
  for (let n = 0; n < 9; n += 1) {
    const answer = await ask(house.base('anthropic') + messages.path, { body })
    expect(answer.statusCode).toBe(400)
    await buffer(answer)
  }
})

test('a vendor that talks faster than the agent reads is held back', async () => {
  const CHUNK = Buffer.from(`data: {"type":"ping","x":"${'x'.repeat(64 * 1024)}"}\n\n`)
  const CHUNKS = 1000
  let said = 0
  await using house = await openHouse(async (_request, response) => {
    response.writeHead(200, EVENT_STREAM)
    for (let n = 0; n < CHUNKS; n += 1) {
      if (!response.write(CHUNK)) await once(response, 'drain')
      said += CHUNK.length
    }
    response.end()
  })
  const answer = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  let read = 0
  let furthest = 0
  for await (const chunk of answer) {
    read += (chunk as Buffer).length
    for (let n = 0; n < 20; n += 1) await setImmediate()
    furthest = Math.max(furthest, said - read)
  }
  expect(read).toBe(CHUNKS * CHUNK.length)
  expect(furthest).toBeLessThan(read / 2)
})

test.each([
  ['in the background', { ...responses.ask, background: true }, /background/],
  ['not in JSON', 'model=gpt', /JSON/],
  ['a list', '[{}]', /JSON/],
])('what cannot be metered is refused: %s', async (_name, body, why) => {
  await using house = await openHouse(says(responses.whole))
  const answer = await ask(house.base('openai') + responses.path, { body })
  expect(answer.statusCode).toBe(400)
  expect(await text(answer)).toMatch(why)
  expect(house.vendor.requests).toEqual([])
})

test.each([
  ['where it did not ask', {}, { include_usage: true }],
  ['where it asked not to', { stream_options: { include_usage: false, x: 1 } }, { include_usage: true, x: 1 }],
])('an agent’s stream of chat tells its tokens also %s', async (_name, options, expected) => {
  await using house = await openHouse(says(chat.whole))
  await buffer(await ask(house.base('openai') + chat.path, { body: { ...chat.ask, stream: true, ...options } }))
  await buffer(await ask(house.base('openai') + chat.path, { body: chat.ask }))
  const [streamed, whole] = house.vendor.requests.map(({ body }) => JSON.parse(body) as object)
  expect(streamed).toEqual({ ...chat.ask, stream: true, stream_options: expected })
  expect(whole).toEqual(chat.ask)
})

test('a model that nobody knows the price of has none', async () => {
  await using house = await openHouse(says({ ...messages.whole, model: 'claude-next' }))
  await buffer(await ask(house.base('anthropic') + messages.path, { body: { ...messages.ask, model: 'claude-next' } }))
  expect(house.calls).toMatchObject([{ model: 'claude-next', inputTokens: 100, usd: null }])
})

test('a call that cannot be counted is not handed out', async () => {
  await using house = await openHouse(says(messages.whole), {
    run: { onCall: () => Promise.reject(new Error('the database is away')) },
  })
  const answer = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  await expect(text(answer)).rejects.toThrow('aborted')
})

test('a budget that cannot be looked up lets nothing through, and tells the agent nothing of ours', async () => {
  await using house = await openHouse(says(messages.whole), {
    run: { mayCall: () => Promise.reject(new Error('secret of the house')) },
  })
  const answer = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  expect(answer.statusCode).toBe(502)
  expect(await text(answer)).not.toContain('secret')
  expect(house.vendor.requests).toEqual([])
})

test('a connection goes on after a refusal that left its body unread', async () => {
  await using house = await openHouse(says(messages.whole))
  const refused = await ask(house.base('anthropic') + messages.path, {
    headers: bearer('wrong'),
    body: { ...messages.ask, x: 'x'.repeat(2 ** 20) },
  })
  expect(refused.statusCode).toBe(401)
  await buffer(refused)
  const next = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  expect(next.statusCode).toBe(200)
})
