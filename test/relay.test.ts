/** Webhooks for a Drover without a public address: posted to the relay on a real port, taken by a service on another. */
import { randomBytes } from 'node:crypto'
import { Webhook as Signer } from 'standardwebhooks'
import { expect, test, vi } from 'vitest'
import { asSystem } from '../src/db/scope.ts'
import type { CreatedHook, Inbox } from '../src/http/wire.ts'
import { forgetOldPosts, listChannels, removeChannel } from '../src/relay/store.ts'
import { openTestRelay, startReceivingService } from './relay-kit.ts'
import { asAdmin } from './test-db.ts'
import { startTestService } from './test-service.ts'

const PATIENCE = { timeout: 15_000, interval: 20 }
const channelOf = async ({ database }: Awaited<ReturnType<typeof openTestRelay>>) =>
  (await asSystem(database, listChannels))[0]!

test('what the service answers goes back to the platform, with what was posted untouched', async () => {
  await using service = await startReceivingService(({ url = '', isGenuine }) => {
    if (url.includes('/slack'))
      return { status: 200, body: '3eZbrw1a', headers: { 'content-type': 'text/x-challenge' } }
    if (url.includes('/nothing')) return { status: 204 }
    return isGenuine ? { status: 202, body: '{"id":"1"}' } : { status: 401, body: 'bad signature' }
  })
  await using relay = await openTestRelay()
  await relay.connect(service.url)

  const challenge = await relay.post('/webhooks/slack?retry=1&x=%20', 'token=a&text=%20y+z', {
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'Slackbot 1.0',
    cookie: 'a=b',
  })
  expect([challenge.status, challenge.headers.get('content-type'), await challenge.text()]).toEqual([
    200,
    'text/x-challenge',
    '3eZbrw1a',
  ])
  expect(service.posts[0]).toMatchObject({ method: 'POST', url: '/webhooks/slack?retry=1&x=%20', isGenuine: true })
  expect(service.posts[0]?.headers).toMatchObject({
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'Slackbot 1.0',
    host: new URL(service.url).host,
  })
  expect(service.posts[0]?.headers).not.toHaveProperty('cookie')

  const forged = await relay.post('/webhooks/github', '{}', { 'x-hub-signature-256': 'sha256=00' })
  expect([forged.status, await forged.text()]).toEqual([401, 'bad signature'])
  expect((await relay.post('/webhooks/nothing', '')).status).toBe(204)
  // Too large to be in the stream; no text in any encoding.
  const large = randomBytes(3 * 2 ** 20)
  expect((await relay.post('/webhooks/github', large)).status).toBe(202)
  expect(service.posts.at(-1)?.isGenuine).toBe(true)
  expect(service.posts.at(-1)?.body.equals(large)).toBe(true)
  expect(await channelOf(relay)).toMatchObject({ waiting: 0, failed: 0, isConnected: true })
})

test('two relays on one database are one', async () => {
  await using service = await startReceivingService(() => ({ status: 201, body: 'seen' }))
  await using relay = await openTestRelay()
  await using other = relay.beside()
  await relay.connect(service.url)
  const request = new Request(`${relay.address}/webhooks/github`, { method: 'POST', body: '{}' })
  const answer = await other.fetch(request)
  expect([answer.status, await answer.text()]).toEqual([201, 'seen'])
})

test('what was posted while nobody was there arrives in its order once somebody is', async () => {
  let trouble = 2
  await using service = await startReceivingService(({ body }) =>
    body.toString() === '{ "n" : 4.0 }' && trouble-- > 0 ? { status: 503 } : { status: 200 },
  )
  await using relay = await openTestRelay()
  for (const n of ['1.0', '2', '3', '4.0', '5', '6']) {
    const kept = await relay.post('/webhooks/github', `{ "n" : ${n} }`)
    expect([kept.status, await kept.json()]).toEqual([202, { note: expect.stringContaining('Kept') }])
  }
  expect(await channelOf(relay)).toMatchObject({ waiting: 6, isConnected: false, seenAt: null })
  const disconnect = await relay.connect(service.url)
  await vi.waitFor(() => expect(service.posts).toHaveLength(6), PATIENCE)
  await disconnect()
  expect(service.posts.map(({ body }) => /[\d.]+/.exec(body.toString())?.[0])).toEqual([
    '1.0',
    '2',
    '3',
    '4.0',
    '5',
    '6',
  ])
  expect(service.posts.every(({ isGenuine }) => isGenuine)).toBe(true)
  await vi.waitFor(
    async () => expect(await channelOf(relay)).toMatchObject({ waiting: 0, isConnected: false }),
    PATIENCE,
  )

  // Nothing of it comes again.
  await relay.post('/webhooks/github', '7')
  await relay.connect(service.url)
  await vi.waitFor(() => expect(service.posts).toHaveLength(7), PATIENCE)
})

test('a post that the service cannot take is given up and kept; those behind it arrive', async () => {
  await using service = await startReceivingService(({ body }) => ({ status: body.toString() === 'bad' ? 500 : 200 }))
  await using relay = await openTestRelay({ answerMs: 50 })
  await relay.connect(service.url, { giveUpMs: 300 })
  expect((await relay.post('/webhooks/github', 'bad')).status).toBe(202)
  await relay.post('/webhooks/github', 'good')
  await vi.waitFor(() => expect(service.posts.map(({ body }) => body.toString())).toEqual(['good']), PATIENCE)
  await vi.waitFor(async () => expect(await channelOf(relay)).toMatchObject({ waiting: 0, failed: 1 }), PATIENCE)
})

test('what is posted beside /webhooks/ never reaches the service', async () => {
  await using service = await startReceivingService()
  await using relay = await openTestRelay()
  await relay.connect(service.url)
  for (const path of [
    '',
    '/',
    '/v1/tasks',
    '/webhooks/..%2fv1%2ftasks',
    '//webhooks/github',
    '/webhooks/',
    '/relay/x/ack',
  ]) {
    expect([path, (await relay.post(path, '{}')).status]).toEqual([path, 404])
  }
  expect((await relay.post('/webhooks/github', '{}')).status).toBe(200)
  expect(service.posts.map(({ url }) => url)).toEqual(['/webhooks/github'])
})

test('to read takes the token; to post, the address', async () => {
  await using relay = await openTestRelay()
  await relay.post('/webhooks/github', 'private')
  const ask = (channel: string, path: string, authorization?: string, init: RequestInit = {}) =>
    fetch(`${relay.url}/relay/${channel}/${path}`, { ...init, ...(authorization && { headers: { authorization } }) })
  const unknown = 'x'.repeat(relay.id.length)
  for (const [channel, authorization] of [
    [relay.id],
    [relay.id, 'Bearer relay_x'],
    [relay.id, `Basic ${relay.token}`],
    [relay.id, `Bearer ${relay.token}x`],
    [unknown, `Bearer ${relay.token}`],
  ] as const) {
    for (const path of ['posts', 'posts/1', 'ack']) {
      const { status } = await ask(channel, path, authorization, { method: path === 'ack' ? 'POST' : 'GET' })
      expect([channel, authorization, path, status]).toEqual([channel, authorization, path, 401])
    }
  }
  expect(await (await ask(relay.id, 'posts/1', `Bearer ${relay.token}`)).text()).toBe('private')
  const body = JSON.stringify({ seq: 1, outcome: 'answered', status: 99 })
  expect((await ask(relay.id, 'ack', `Bearer ${relay.token}`, { method: 'POST', body })).status).toBe(400)
  await expect(relay.connect('http://127.0.0.1:9', { withToken: 'relay_x' })).rejects.toMatchObject({
    code: 'relay-refused',
  })

  expect((await fetch(relay.address)).status).toBe(405)
  expect((await fetch(`${relay.url}/r/${unknown}/webhooks/github`, { method: 'POST' })).status).toBe(404)
  expect(await channelOf(relay)).toMatchObject({ waiting: 1 })
  expect(await asSystem(relay.database, (db) => removeChannel(db, 'home'))).toBe(true)
  expect((await relay.post('/webhooks/github', '{}')).status).toBe(404)
})

test('no channel holds more than it may', async () => {
  await using relay = await openTestRelay({ bodyBytes: 1_000, backlog: { posts: 3, bytes: 2_000 }, postsPerMinute: 7 })
  const post = async (body: string) => (await relay.post('/webhooks/github', body)).status
  expect(await post('x'.repeat(1_001))).toBe(413)
  const chunked = new Blob(['x'.repeat(900), 'y'.repeat(900)]).stream()
  const streamed = await fetch(relay.address, { method: 'POST', body: chunked, duplex: 'half' })
  expect(streamed.status).toBe(413)
  expect(await post('x'.repeat(1_000))).toBe(202)
  expect(await post('x'.repeat(999))).toBe(202)
  // In bytes, then in posts.
  expect(await post('xx')).toBe(429)
  expect(await post('x')).toBe(202)
  const full = await relay.post('/webhooks/github', '')
  expect([full.status, full.headers.get('retry-after')]).toEqual([429, '60'])
  expect(await channelOf(relay)).toMatchObject({ waiting: 3 })
  await vi.waitFor(
    async () => expect(await (await relay.post('/webhooks/github', '')).text()).toContain('posts a minute'),
    PATIENCE,
  )
})

test('what nobody read for seven days is forgotten and makes room; what was answered, after one', async () => {
  await using service = await startReceivingService()
  await using relay = await openTestRelay()
  const disconnect = await relay.connect(service.url)
  await relay.post('/webhooks/github', 'answered')
  await disconnect()
  await vi.waitFor(async () => expect(await channelOf(relay)).toMatchObject({ isConnected: false }), PATIENCE)
  for (const body of ['old', 'older', 'new']) await relay.post('/webhooks/github', body)
  const name = new URL(relay.database.url).pathname.slice(1)
  const age = (posts: string, days: number) =>
    asAdmin(name, (client) =>
      client.query(
        `update drover.relay_posts set received_at = now() - interval '${days} days', settled_at = settled_at - interval '${days} days' where seq ${posts}`,
      ),
    )
  await age('<= 3', 0.9)
  expect(await asSystem(relay.database, forgetOldPosts)).toBe(0)
  await age('= 1', 0.2)
  await age('in (2, 3)', 7.1)
  expect(await asSystem(relay.database, forgetOldPosts)).toBe(2)
  const { rows } = await asAdmin(name, (client) =>
    client.query(
      `select seq, waiting, waiting_bytes from drover.relay_posts join drover.relay_channels on id = channel_id`,
    ),
  )
  expect(rows).toEqual([{ seq: '4', waiting: 1, waiting_bytes: '3' }])
})

test('a service with the settings takes what is posted to its relay, by itself', async () => {
  await using relay = await openTestRelay()
  await using service = await startTestService({ DROVER_RELAY_URL: relay.address, DROVER_RELAY_TOKEN: relay.token })
  await vi.waitFor(async () => expect(await channelOf(relay)).toMatchObject({ isConnected: true }), PATIENCE)
  const hook = await service.call<CreatedHook>('POST', '/v1/hooks', {
    name: 'alerts',
    codebase: 'app',
    template: 'say {{title}}',
  })
  const body = '{ "title" : "Disk full", "count": 4.0 }'
  const headersFor = (signed: string) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
    'webhook-signature': new Signer(hook.secret!).sign('msg_1', new Date(), signed),
  })
  expect((await relay.post(hook.path, body, headersFor('{}'))).status).toBe(401)
  const taken = await relay.post(hook.path, body, headersFor(body))
  const { id } = (await taken.json()) as { id: string }
  expect([taken.status, id]).toEqual([202, expect.stringMatching(/^inb_/)])
  expect((await relay.post('/v1/tasks', '{}', { authorization: `Bearer ${service.apiKey}` })).status).toBe(404)
  const { inbox } = await service.call<Inbox>('GET', '/v1/inbox')
  expect(inbox.map((each) => each.id)).toContain(id)
})
