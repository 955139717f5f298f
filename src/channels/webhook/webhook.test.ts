import { Webhook as Verifier } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { startReceiver } from '../../../test/webhook-receiver.ts'
import { ChannelError, type Channel } from '../channel.ts'
import { webhookChannel } from './webhook.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const PLACE = { channel: 'webhook', tenant: 'whs_1', room: '', thread: '' }

function open(url: string, settings: Record<string, string> = { DROVER_WEBHOOKS_ALLOW_PRIVATE: 'true' }) {
  const store = createTestStore()
  store.credentials.set('whs_1', { url, secret: SECRET })
  return { store, channel: webhookChannel.create(settings, store.createHost()) }
}

const send = (channel: Channel, markdown = '{"type":"task.completed"}', idempotencyKey = 'dlv_1/0') =>
  channel.send(PLACE, { markdown }, { idempotencyKey, signal: AbortSignal.timeout(30_000) })

async function refusalOf(sent: Promise<unknown>): Promise<ChannelError> {
  const error = await sent.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ChannelError)
  return error as ChannelError
}

test('a post is verified by the library of Standard Webhooks, and refused when it is changed', async () => {
  await using receiver = await startReceiver()
  const { channel } = open(receiver.url)
  const id = await send(channel, '{"text":"Ünïcode 🐝"}')
  const { headers, body } = receiver.posts[0]!
  const verifier = new Verifier(SECRET)
  expect(verifier.verify(body, headers)).toEqual({ text: 'Ünïcode 🐝' })
  expect(headers).toMatchObject({ 'webhook-id': id, 'content-type': 'application/json' })
  expect(() => verifier.verify(`${body} `, headers)).toThrow('signature')
  expect(() => verifier.verify(body, { ...headers, 'webhook-id': 'msg_other' })).toThrow('signature')
  expect(() => verifier.verify(body, { ...headers, 'webhook-timestamp': '1' })).toThrow('too old')
})

test('another attempt has the same id, another delivery another one', async () => {
  await using receiver = await startReceiver()
  const { channel } = open(receiver.url)
  for (const key of ['dlv_1/0', 'dlv_1/0', 'dlv_2/0']) await send(channel, '{}', key)
  const [first, again, other] = receiver.posts.map(({ headers }) => headers['webhook-id'])
  expect(again).toBe(first)
  expect(other).not.toBe(first)
})

test.each([
  [410, {}, 'gone', undefined],
  [429, { 'retry-after': '7' }, 'rate', 7_000],
  [503, { 'retry-after': '0' }, 'rate', 1_000],
  [503, { 'retry-after': '999999' }, 'rate', 3_600_000],
  [429, {}, 'transient', undefined],
  [503, { 'retry-after': 'soon' }, 'transient', undefined],
  [500, { 'retry-after': '7' }, 'transient', undefined],
  [404, {}, 'transient', undefined],
  // Of this receiver alone: `auth` would stop the whole channel.
  [401, {}, 'transient', undefined],
  [403, {}, 'transient', undefined],
  [302, { location: '/elsewhere' }, 'transient', undefined],
])('an answer of %i with %o is %s', async (status, headers, kind, retryAfterMs) => {
  await using receiver = await startReceiver()
  receiver.answerWith(status, headers)
  const refusal = await refusalOf(send(open(receiver.url).channel))
  expect(refusal).toMatchObject({ kind, retryAfterMs })
  // No redirect is followed.
  expect(receiver.posts.map(({ path }) => path)).toEqual(['/drover'])
})

test('a time to wait may be a date', async () => {
  await using receiver = await startReceiver()
  receiver.answerWith(429, { 'retry-after': new Date(Date.now() + 1_800_000).toUTCString() })
  const { retryAfterMs } = await refusalOf(send(open(receiver.url).channel))
  expect(retryAfterMs).toBeGreaterThan(1_000_000)
  expect(retryAfterMs).toBeLessThanOrEqual(1_800_000)
})

test('nobody there is tried again, an abort ends the attempt', async () => {
  const receiver = await startReceiver()
  await receiver.stop()
  const { channel } = open(receiver.url)
  expect((await refusalOf(send(channel))).kind).toBe('transient')
  const options = { idempotencyKey: 'k', signal: AbortSignal.abort() }
  expect((await refusalOf(channel.send(PLACE, { markdown: '{}' }, options))).kind).toBe('transient')
})

test('one that takes the post and never answers is left, and may have it', async () => {
  await using receiver = await startReceiver()
  receiver.answerBy(() => 'silence')
  const leaving = new AbortController()
  const options = { idempotencyKey: 'k', signal: leaving.signal }
  const refusal = refusalOf(open(receiver.url).channel.send(PLACE, { markdown: '{}' }, options))
  await expect.poll(() => receiver.posts.length).toBe(1)
  leaving.abort()
  expect((await refusal).kind).toBe('transient')
})

test('without the setting nothing is sent to this machine, by address or by name', async () => {
  await using receiver = await startReceiver()
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]']) {
    const { channel } = open(receiver.url.replace('127.0.0.1', host), { DROVER_WEBHOOKS_ALLOW_PRIVATE: 'false' })
    expect([host, (await refusalOf(send(channel))).kind]).toEqual([host, 'invalid'])
  }
  expect(receiver.posts).toEqual([])
})

test('whoever posts to a hook is told nothing, and that is no failure', async () => {
  const { store, channel } = open('')
  store.credentials.clear()
  const place = { ...PLACE, tenant: 'hok_1', room: '7' }
  const options = { idempotencyKey: 'dlv_1/0', signal: AbortSignal.timeout(30_000) }
  expect(await channel.send(place, { markdown: 'Done.' }, options)).toMatch(/^msg_/)
})

test('what was removed is gone; what is posted stays as it is', async () => {
  await using receiver = await startReceiver()
  const { store, channel } = open(receiver.url)
  store.credentials.clear()
  expect(await refusalOf(send(channel))).toMatchObject({ kind: 'gone' })
  await channel.edit(PLACE, 'msg_1', { markdown: '{}' }, AbortSignal.timeout(30_000))
  expect(receiver.posts).toEqual([])
})

test('it is there without a setting, and up as soon as it is started', async () => {
  const host = createTestStore().createHost()
  const channel = webhookChannel.create({}, host)
  await channel.start().stop()
  expect(host.reports).toEqual([{ isUp: true }])
  expect(await channel.check()).toContain('drover webhook')
  expect(webhookChannel.setup.placeOf(' whs_01ab ')).toEqual({ tenant: 'whs_01ab', room: '', thread: '' })
  expect(() => webhookChannel.setup.placeOf('general')).toThrow('whs_…')
})
