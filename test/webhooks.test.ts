/** Webhooks out, through the whole service: what becomes of tasks is posted to a receiver on a real socket. */
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type {
  ConsoleMessages,
  CreatedHook,
  CreatedWebhook,
  DeliveryList,
  Inbox,
  StartedTask,
  WebhookList,
} from '../src/http/wire.ts'
import { asAdmin } from './test-db.ts'
import { startTestService, type TestService } from './test-service.ts'
import { startReceiver, type Post } from './webhook-receiver.ts'

const PATIENCE = { timeout: 15_000, interval: 50 }
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** One for all: what a test subscribes to, ends with it. */
let service: TestService
beforeAll(async () => {
  service = await startTestService({ DROVER_WEBHOOKS_ALLOW_PRIVATE: 'true' })
})
afterAll(() => service[Symbol.asyncDispose]())

const typesOf = (posts: Post[]) => posts.map(({ body }) => (JSON.parse(body) as { type: string }).type)
async function subscribe(service: TestService, url: string, ...events: string[]) {
  const made = await service.call<CreatedWebhook>('POST', '/v1/webhooks', { url, ...(events.length > 0 && { events }) })
  onTestFinished(() => unsubscribe(service, made.id))
  return made
}

async function unsubscribe({ url, apiKey }: TestService, id: string) {
  await fetch(`${url}/v1/webhooks/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${apiKey}` } })
}

const listed = async (service: TestService) => (await service.call<WebhookList>('GET', '/v1/webhooks')).webhooks
const deliveriesOf = async (service: TestService, taskId: string) =>
  (await service.call<DeliveryList>('GET', '/v1/deliveries?limit=100')).deliveries.filter(
    (each) => each.taskId === taskId && each.kind === 'webhook',
  )

test('a task’s life is posted in its order, once each, signed as Standard Webhooks has it', async () => {
  await using receiver = await startReceiver()
  const { secret, ...webhook } = await subscribe(service, receiver.url)
  const { id } = await service.start({ prompt: 'write a.md :: hello', codebase: 'app' })
  await service.until(id, 'completed')
  await vi.waitFor(
    () => expect(typesOf(receiver.posts)).toEqual(['task.created', 'task.started', 'task.completed']),
    PATIENCE,
  )

  const post = receiver.posts[2]!
  const verifier = new Verifier(secret!)
  expect(verifier.verify(post.body, post.headers)).toMatchObject({
    type: 'task.completed',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    data: {
      id,
      status: 'completed',
      waitingFor: null,
      agent: 'scripted',
      result: { branch: expect.stringMatching(/^drover\//), head: expect.stringMatching(/^[0-9a-f]{40}$/) },
      failure: null,
      question: null,
    },
  })
  expect(() => verifier.verify(post.body.replace('completed', 'cancelled'), post.headers)).toThrow('signature')
  expect(() => new Verifier(SECRET).verify(post.body, post.headers)).toThrow('signature')
  expect(new Set(receiver.posts.map(({ headers }) => headers['webhook-id'])).size).toBe(3)
  expect((await deliveriesOf(service, id)).map(({ status }) => status)).toEqual(['sent', 'sent', 'sent'])
  expect(await listed(service)).toEqual([webhook])
})

test('a task that asks posts its question', async () => {
  await using receiver = await startReceiver()
  await subscribe(service, receiver.url, 'task.waiting')
  const { id } = await service.start({ prompt: 'ask Which colour? Red / Blue', codebase: 'app' })
  await service.until(id, 'waiting')
  await vi.waitFor(() => expect(receiver.posts).toHaveLength(1), PATIENCE)
  expect(JSON.parse(receiver.posts[0]!.body)).toMatchObject({
    type: 'task.waiting',
    data: { id, waitingFor: 'input', question: { title: 'Which colour?' } },
  })
})

test('what a receiver missed while it was down arrives once it is up, with the id of the first attempt', async () => {
  const first = await startReceiver()
  const { secret } = await subscribe(service, first.url, 'task.completed')
  first.answerWith(500)
  const { id } = await service.start({ prompt: 'say done', codebase: 'app' })
  await vi.waitFor(() => expect(first.posts.length).toBeGreaterThan(0), PATIENCE)
  await first.stop()
  await vi.waitFor(async () => expect((await deliveriesOf(service, id))[0]?.error).toContain('ECONNREFUSED'), PATIENCE)

  await using receiver = await startReceiver(first.port)
  await vi.waitFor(async () => expect((await deliveriesOf(service, id))[0]?.status).toBe('sent'), PATIENCE)
  expect(receiver.posts).toHaveLength(1)
  const { body, headers } = receiver.posts[0]!
  expect(new Verifier(secret!).verify(body, headers)).toMatchObject({ type: 'task.completed' })
  expect(new Set([...first.posts, ...receiver.posts].map((each) => each.headers['webhook-id'])).size).toBe(1)
})

test('a receiver that answers 410 is not asked again, and the list says why', async () => {
  await using receiver = await startReceiver()
  const { id } = await subscribe(service, receiver.url)
  receiver.answerWith(410)
  const task = await service.start({ prompt: 'say done', codebase: 'app' })
  await service.until(task.id, 'completed')
  await vi.waitFor(async () => expect((await listed(service))[0]?.disabledWhy).toContain('410'), PATIENCE)
  await vi.waitFor(async () => {
    const deliveries = await deliveriesOf(service, task.id)
    expect(new Set(deliveries.map(({ status }) => status))).toEqual(new Set(['dead']))
  }, PATIENCE)

  const next = await service.start({ prompt: 'say done', codebase: 'app' })
  await service.until(next.id, 'completed')
  expect(await deliveriesOf(service, next.id)).toEqual([])
  expect(receiver.posts).toHaveLength(1)
  await unsubscribe(service, id)
  expect(await listed(service)).toEqual([])
})

test('one that could not be reached for a day is disabled', async () => {
  await using receiver = await startReceiver()
  await subscribe(service, receiver.url, 'task.completed')
  receiver.answerWith(503, { 'retry-after': '1' })
  const { id } = await service.start({ prompt: 'say done', codebase: 'app' })
  await vi.waitFor(async () => expect((await deliveriesOf(service, id))[0]?.error).toContain('503'), PATIENCE)
  expect((await listed(service))[0]?.disabledAt).toBeNull()
  await asAdmin(new URL(service.databaseUrl).pathname.slice(1), (client) =>
    client.query(`update drover.deliveries set created_at = now() - interval '25 hours'`),
  )
  await vi.waitFor(async () => expect((await listed(service))[0]?.disabledWhy).toContain('503'), PATIENCE)
})

test('a task may bring its own address: it alone is told there, when it waits or has ended', async () => {
  await using receiver = await startReceiver()
  const reply = { codebase: 'app', replyTo: receiver.url }
  const first = await service.call<StartedTask>('POST', '/v1/tasks', { prompt: 'say one', ...reply })
  await service.until(first.id, 'completed')
  await vi.waitFor(() => expect(typesOf(receiver.posts)).toEqual(['task.completed']), PATIENCE)
  new Verifier(first.replySecret!).verify(receiver.posts[0]!.body, receiver.posts[0]!.headers)

  const second = await service.call<StartedTask>('POST', '/v1/tasks', {
    prompt: 'say two',
    ...reply,
    replySecret: SECRET,
  })
  expect(second.replySecret).toBeUndefined()
  await vi.waitFor(() => expect(receiver.posts).toHaveLength(2), PATIENCE)
  const { body, headers } = receiver.posts[1]!
  expect(new Verifier(SECRET).verify(body, headers)).toMatchObject({ data: { id: second.id } })
  expect(await listed(service)).toEqual([])
  expect((await service.call<WebhookList>('GET', `/v1/webhooks?task=${second.id}`)).webhooks).toHaveLength(1)
})

test('a task may name a place: what comes of it is shown there', async () => {
  const { room } = await service.call<{ room: string }>('POST', '/v1/console', {})
  const replyTo = { channel: 'console', room }
  const task = await service.call<StartedTask>('POST', '/v1/tasks', {
    prompt: 'say to the room',
    codebase: 'app',
    replyTo,
  })
  expect(task.replySecret).toBeUndefined()
  const shown = async () => {
    const path = `/v1/console/${room}/messages`
    const { messages } = await service.call<ConsoleMessages>('GET', `${path}?limit=100`)
    return messages.flatMap((message) => (message.by === 'drover' && message.isFinal ? [message.text] : []))
  }
  await vi.waitFor(async () => expect(await shown()).toContain('to the room'), PATIENCE)
  expect((await shown()).some((text) => text.includes('scripted · done'))).toBe(true)
  const nowhere = { prompt: 'say x', codebase: 'app', replyTo: { channel: 'pigeon', room: '1' } }
  await expect(service.call('POST', '/v1/tasks', nowhere)).rejects.toThrow('There is no channel \\"pigeon\\"')
})

test('addresses that are not on the public internet are refused unless the settings allow them', async () => {
  await using strict = await startTestService()
  const urls = [
    'http://127.0.0.1:9/',
    'http://2130706433:9/',
    'http://10.1.2.3/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]:9/',
    'http://[::ffff:127.0.0.1]:9/',
    // A name that leads to one.
    'http://localhost:9/',
  ]
  for (const url of urls) await strict.call('POST', '/v1/webhooks', { url, events: ['task.created'] })
  const { id } = await strict.start({ prompt: 'say done', codebase: 'app' })
  await vi.waitFor(async () => {
    const deliveries = await deliveriesOf(strict, id)
    expect(deliveries.map(({ status }) => status)).toEqual(urls.map(() => 'dead'))
  }, PATIENCE)
  for (const { error, tries } of await deliveriesOf(strict, id)) {
    expect(error).toContain('is not on the public internet')
    expect(tries).toBe(0)
  }
  for (const { disabledWhy } of await listed(strict))
    expect(disabledWhy).toContain('DROVER_WEBHOOKS_ALLOW_PRIVATE=true')
})

test('a program posts to a hook: an agent works on it, and what belongs together is one conversation', async () => {
  const hook = await service.call<CreatedHook>('POST', '/v1/hooks', {
    name: 'builds',
    codebase: 'app',
    template: 'write {{file}} :: {{text}}',
    conversationTemplate: '{{build.id}}',
  })
  const send = async (id: string, json: object) => {
    const body = JSON.stringify(json)
    const at = new Date()
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Verifier(hook.secret!).sign(id, at, body),
    }
    const answer = await fetch(`${service.url}${hook.path}`, { method: 'POST', body, headers })
    expect(answer.status).toBe(202)
    return ((await answer.json()) as { id: string }).id
  }
  const taskOf = async (inboxId: string) => {
    const verdict = async () =>
      (await service.call<Inbox>('GET', `/v1/inbox?which=${inboxId}`)).inbox.find(({ id }) => id === inboxId)
    await vi.waitFor(async () => expect((await verdict())?.verdict).toBe('task'), PATIENCE)
    return service.until((await verdict())?.taskId ?? '', 'completed')
  }
  const first = await send('msg_1', { file: 'a.md', text: 'one', build: { id: 7 } })
  expect(await send('msg_1', { file: 'a.md', text: 'one', build: { id: 7 } })).toBe(first)
  const made = await taskOf(first)
  expect(made).toMatchObject({ prompt: 'write a.md :: one', result: { diffStat: expect.stringContaining('a.md') } })
  const next = await taskOf(await send('msg_2', { file: 'b.md', text: 'two', build: { id: 7 } }))
  expect(next.conversationId).toBe(made.conversationId)
  const other = await taskOf(await send('msg_3', { file: 'c.md', text: 'three', build: { id: 8 } }))
  expect(other.conversationId).not.toBe(made.conversationId)

  // Nobody is there to be told: that is no failure.
  await vi.waitFor(async () => {
    const { deliveries } = await service.call<DeliveryList>('GET', '/v1/deliveries?limit=100')
    const toPosts = deliveries.filter(({ taskId }) => [made, next, other].some(({ id }) => id === taskId))
    expect(toPosts.length).toBeGreaterThan(3)
    expect(new Set(toPosts.map(({ status }) => status))).toEqual(new Set(['sent']))
  }, PATIENCE)
})
