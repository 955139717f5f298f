import { once } from 'node:events'
import { buffer, json, text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import { expect, test, vi } from 'vitest'
import { ask, bearer, KEY, KINDS, listLog, openHouse, TOKEN } from '../../test/fakes/model-agent.ts'
import { SAMPLES, type Answer } from '../../test/fakes/model-vendor.ts'
import { VENDORS } from './vendors.ts'

const { messages, responses, chat, gemini } = SAMPLES
const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8' }
const JSON_TYPE = { 'content-type': 'application/json' }

const streams =
  (events: string[]): Answer =>
  (_request, response) => {
    response.writeHead(200, EVENT_STREAM)
    for (const event of events) response.write(event)
    response.end()
  }
const says =
  (body: object, status = 200): Answer =>
  (_request, response) => {
    const text = JSON.stringify(body)
    response.writeHead(status, { ...JSON_TYPE, 'content-length': Buffer.byteLength(text) }).end(text)
  }

const TOKENS = { inputTokens: 100, cacheReadTokens: 3000, outputTokens: 50, reasoningTokens: 30 }
const EXPECTED = {
  // 100 × 5 + 3000 × 0.5 + 20 × 6.25 + 50 × 25, by the million
  anthropic: { model: 'claude-opus-4-5-20251101', ...TOKENS, cacheWriteTokens: 20, usd: 0.003375 },
  // 100 × 4 + 3000 × 0.4 + 20 × 5 + 50 × 20
  openai: { model: expect.stringMatching(/^gpt-5\.6-sol/), ...TOKENS, cacheWriteTokens: 20, usd: 0.0027 },
  openrouter: { model: 'gpt-5.6-sol', ...TOKENS, cacheWriteTokens: 20, usd: 0.0027 },
  // 100 × 1.25 + 3000 × 0.125 + 50 × 10
  gemini: { model: 'gemini-2.5-pro', ...TOKENS, cacheWriteTokens: 0, usd: 0.001 },
}
const almost = (vendor: keyof typeof EXPECTED) => ({
  vendor,
  ...EXPECTED[vendor],
  usd: expect.closeTo(EXPECTED[vendor].usd, 10),
})

test.each(KINDS)('a stream of $vendor ($sample.path) passes byte for byte and is metered', async (kind) => {
  const { vendor, sample, shows } = kind
  await using house = await openHouse(streams(sample.stream))
  const answer = await ask(house.base(vendor) + sample.streamPath, {
    headers: shows(TOKEN),
    body: { ...sample.ask, stream: true },
  })
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toBe(EVENT_STREAM['content-type'])
  expect(await text(answer)).toBe(sample.stream.join(''))
  expect(house.calls).toEqual([almost(vendor)])
})

test.each(KINDS)(
  'a whole answer of $vendor ($sample.path) passes and is metered',
  async ({ vendor, sample, shows }) => {
    await using house = await openHouse(says(sample.whole))
    const answer = await ask(house.base(vendor) + sample.path, { headers: shows(TOKEN), body: sample.ask })
    expect(await json(answer)).toEqual(sample.whole)
    expect(house.calls).toEqual([almost(vendor)])
  },
)

test('a stream of Gemini that is one array is metered as well', async () => {
  const pieces = gemini.stream.map((event) => JSON.parse(event.slice('data: '.length)) as object)
  await using house = await openHouse(says(pieces))
  await buffer(await ask(`${house.base('gemini')}/v1beta/models/gemini-2.5-pro:streamGenerateContent`, { body: {} }))
  expect(house.calls).toEqual([almost('gemini')])
})

test.each(KINDS)('$vendor sees the real key alone, the agent its token alone', async ({ vendor, sample, shows }) => {
  await using house = await openHouse(says(sample.whole))
  const path = `${sample.path}?key=${TOKEN}&alt=json`
  const answer = await ask(house.base(vendor) + path, {
    headers: {
      ...shows(TOKEN),
      cookie: `a=${TOKEN}`,
      'openai-project': 'p2',
      'anthropic-beta': 'x',
      'user-agent': 'me',
      connection: 'keep-alive, x-hop',
      'x-hop': '1',
    },
    body: sample.ask,
  })
  const seen = house.vendor.requests[0]!
  expect(JSON.stringify(seen)).not.toContain(TOKEN)
  expect(seen.path).toBe(`${sample.path}?alt=json`)
  expect(seen.headers).toMatchObject({
    ...VENDORS[vendor].keyHeader(KEY),
    'accept-encoding': 'identity',
    'anthropic-beta': 'x',
    'user-agent': 'me',
  })
  expect(JSON.stringify(seen.headers).split(KEY)).toHaveLength(2)
  expect(seen.headers).not.toHaveProperty('openai-project')
  expect(seen.headers).not.toHaveProperty('x-hop')
  expect(JSON.stringify([answer.headers, await text(answer)])).not.toContain(KEY)
})

test('a piece of a stream is with the agent before the vendor says the next', async () => {
  const gates = messages.stream.map(() => Promise.withResolvers<void>())
  await using house = await openHouse(async (_request, response) => {
    response.writeHead(200, EVENT_STREAM).flushHeaders()
    for (const [n, event] of messages.stream.entries()) {
      await gates[n]!.promise
      response.write(event)
    }
    response.end()
  })
  const answer = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  for (const [n, event] of messages.stream.entries()) {
    gates[n]!.resolve()
    const [piece] = (await once(answer, 'data')) as [Buffer]
    expect(piece.toString()).toBe(event)
  }
})

test.each([
  { kind: 'stream', answer: streams(messages.stream), end: 'message_stop' },
  { kind: 'whole', answer: says(messages.whole), end: undefined },
])('the meter knows of a call before the agent knows its end ($kind)', async ({ answer: vendorSays, end }) => {
  const order: string[] = []
  const told = Promise.withResolvers<void>()
  const metered = Promise.withResolvers<void>()
  const onCall = async () => {
    told.resolve()
    await metered.promise
    order.push('metered')
  }
  await using house = await openHouse(vendorSays, { run: { onCall } })
  const answer = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  answer.on('data', (piece: Buffer) => end !== undefined && piece.includes(end) && order.push('end seen'))
  answer.on('end', () => order.push('closed'))
  await told.promise
  // All that is on its way gets its chance to arrive.
  for (let n = 0; n < 50; n += 1) await setImmediate()
  metered.resolve()
  await once(answer, 'end')
  expect(order).toEqual(end === undefined ? ['metered', 'closed'] : ['metered', 'end seen', 'closed'])
})

test.each([
  ['no key', {}],
  ['another key', { 'x-api-key': 'run-token-0123456780' }],
  ['the beginning of the token', bearer(TOKEN.slice(0, -1))],
  ['the real key', bearer(KEY)],
])('%s is refused, and nothing reaches the vendor', async (_name, headers) => {
  const mayCall = vi.fn(async () => undefined)
  await using house = await openHouse(says(messages.whole), { run: { mayCall } })
  const answer = await ask(house.base('anthropic') + messages.path, { headers, body: messages.ask })
  expect(answer.statusCode).toBe(401)
  expect(await json(answer)).toEqual({
    type: 'error',
    error: { type: 'authentication_error', message: 'This is not the token of this run.' },
  })
  expect(mayCall).not.toHaveBeenCalled()
  expect(house.vendor.requests).toEqual([])
})

test('the token is taken in every way that vendors have for a key', async () => {
  await using house = await openHouse(says({}))
  const url = `${house.base('gemini')}/v1beta/models`
  const ways = [{ 'x-api-key': TOKEN }, { 'x-goog-api-key': TOKEN }, { authorization: `bearer ${TOKEN}` }]
  const statuses = await Promise.all(
    ways.map(async (headers) => (await ask(url, { method: 'GET', headers })).statusCode),
  )
  const inQuery = await ask(`${url}?key=${TOKEN}`, { method: 'GET', headers: {} })
  expect([...statuses, inQuery.statusCode]).toEqual([200, 200, 200, 200])
})

test.each([
  ['GET', '/model/anthropic/v1/models'],
  ['GET', '/model/anthropic/v1/models/claude-opus-4-5'],
  ['POST', '/model/anthropic/v1/messages/count_tokens'],
  ['GET', '/model/openai/v1/models?client_version=0.163.0'],
  ['GET', '/model/gemini/v1beta/models/gemini-2.5-pro'],
  ['POST', '/model/gemini/v1beta/models/gemini-2.5-pro:countTokens'],
  ['GET', '/model/openrouter/v1/models'],
])('%s %s is passed through, and costs nothing', async (method, path) => {
  await using house = await openHouse(says({ some: 'thing' }))
  const answer = await ask(house.url + path, { method, ...(method === 'POST' && { body: { a: 1 } }) })
  expect(await json(answer)).toEqual({ some: 'thing' })
  expect(house.vendor.requests).toMatchObject([{ method, body: method === 'POST' ? '{"a":1}' : '' }])
  expect(house.calls).toEqual([])
})

test.each([
  ['GET', '/'],
  ['GET', '/healthz'],
  ['GET', '//'],
  ['POST', '/v1/messages'],
  ['POST', '/model/anthropic'],
  ['POST', '/model/mistral/v1/chat/completions'],
  ['POST', '/model/anthropic/v1/messages/batches'],
  ['POST', '/model/anthropic/v1/files'],
  ['GET', '/model/anthropic/v1/organizations/usage_report/messages'],
  ['GET', '/model/anthropic/v1/messages'],
  ['DELETE', '/model/openai/v1/models/gpt-5'],
  ['GET', '/model/openai/v1/organization/costs'],
  ['GET', '/model/openai/v1/responses/resp_1'],
  ['POST', '/model/openai/v1/embeddings'],
  ['POST', '/model/openai/v1/responses/../files'],
  ['POST', '/model/openai/v1/responses/%2e%2e/files'],
  ['GET', '/model/openai/v1/models/..%2forganization'],
  ['GET', '/model/openai/v1/models/a%2f..%2f..%2forganization'],
  ['GET', '/model/openrouter/v1/credits'],
  ['GET', '/model/openrouter/v1/key'],
  ['POST', '/model/gemini/v1beta/models/gemini-2.5-pro:batchGenerateContent'],
  ['POST', '/model/gemini/v1beta/cachedContents'],
  ['POST', '/model/gemini/upload/v1beta/files'],
])('%s %s is not there', async (method, path) => {
  await using house = await openHouse(says({}))
  const answer = await ask(house.url + path, { method })
  expect(answer.statusCode).toBe(404)
  expect(house.vendor.requests).toEqual([])
})

test('a vendor without a key is not there', async () => {
  const { createGateway } = await import('./gateway.ts')
  const gateway = createGateway({ upstreams: { openai: { baseUrl: 'http://127.0.0.1:1', key: KEY } }, prices: [] })
  expect(gateway.has('openai')).toBe(true)
  expect(gateway.has('anthropic')).toBe(false)
  expect(gateway.pathFor('openai')).toBe('/model/openai/v1')
})

test('a WebSocket is answered such that the agent goes on by HTTP', async () => {
  await using house = await openHouse(says({}))
  const answer = await ask(`${house.base('openai')}/responses`, {
    method: 'GET',
    headers: { ...bearer(TOKEN), connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
  })
  expect(answer.statusCode).toBe(426)
  expect(house.vendor.requests).toEqual([])
})

test('errors of the vendor pass as they are', async () => {
  const error = '{"type":"error",  "error":{"type":"rate_limit_error","message":"slow down"}}'
  await using house = await openHouse((_request, response) => {
    response.writeHead(429, { ...JSON_TYPE, 'retry-after': '7', 'request-id': 'req_1' }).end(error)
  })
  const answer = await ask(house.base('anthropic') + messages.path, { body: messages.ask })
  expect(answer.statusCode).toBe(429)
  expect(answer.headers).toMatchObject({ 'retry-after': '7', 'request-id': 'req_1' })
  expect(await text(answer)).toBe(error)
  expect(house.calls).toEqual([])
})

test('a vendor that quotes the key in an error or a header does not give it away', async () => {
  await using house = await openHouse((request, response) => {
    const shown = request.headers.authorization
    const headers = { ...JSON_TYPE, 'x-echo': shown, 'x-hop': shown, connection: 'x-hop', 'set-cookie': 'a=b' }
    response.writeHead(401, headers).end(JSON.stringify({ error: { message: `Incorrect key ${KEY}.` } }))
  })
  const answer = await ask(house.base('openai') + chat.path, { body: chat.ask })
  const all = JSON.stringify([answer.rawHeaders, await text(answer)])
  expect(all).not.toContain(KEY)
  expect(all).toMatch(/Incorrect key \[key for \w+\]\./)
  expect(answer.headers['x-echo']).toMatch(/^Bearer \[key for \w+\]$/)
  expect(answer.headers).not.toHaveProperty('x-hop')
  expect(answer.headers).not.toHaveProperty('set-cookie')
})

test('a vendor that cannot be reached is an error that the agent may try again, and the log has no key', async () => {
  const { log, lines } = listLog()
  await using house = await openHouse(says({}), { baseUrl: 'http://127.0.0.1:1', log })
  const answer = await ask(house.base('openai') + responses.path, { body: responses.ask })
  expect(answer.statusCode).toBe(502)
  expect(await json(answer)).toMatchObject({
    error: { type: 'api_error', message: 'The call of the model broke off (ECONNREFUSED).' },
  })
  expect(lines).toHaveLength(1)
  expect(inspect(lines, { depth: null, showHidden: true })).not.toContain(KEY)
  expect(house.calls).toEqual([])
})

test.each([
  ['anthropic', messages, { type: 'error', error: { type: 'invalid_request_error', message: 'Enough.' } }],
  ['openai', responses, { error: { type: 'invalid_request_error', message: 'Enough.', param: null, code: null } }],
  ['openrouter', chat, { error: { type: 'invalid_request_error', message: 'Enough.', param: null, code: null } }],
  ['gemini', gemini, { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'Enough.' } }],
] as const)(
  '%s: when the budget is spent in the middle of a run, the next call is refused',
  async (vendor, sample, body) => {
    let spent = 0
    await using house = await openHouse(says(sample.whole), {
      run: {
        mayCall: async () => (spent > 0.0025 ? 'Enough.' : undefined),
        onCall: async ({ usd }) => void (spent += usd ?? 0),
      },
    })
    const answers = []
    for (let n = 0; n < 5; n += 1)
      answers.push(
        await ask(house.base(vendor) + sample.path, { body: sample.ask }).then(async (answer) => ({
          status: answer.statusCode,
          body: await json(answer),
        })),
      )
    const refused = answers.filter(({ status }) => status === 400)
    expect(refused.length).toBeGreaterThan(0)
    expect(answers.at(-1)).toEqual({ status: 400, body })
    expect(house.vendor.requests).toHaveLength(5 - refused.length)
  },
)
