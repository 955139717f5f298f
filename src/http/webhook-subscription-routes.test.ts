import { expect, test } from 'vitest'
import { openTestApi, startTask, type TestApi } from '../../test/http-kit.ts'
import { asSystem } from '../db/scope.ts'
import { claimDelivery, listDeliveries } from '../deliveries/store.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { findCredentials, registerChannel } from '../places/channel-store.ts'
import { retryTaskLater } from '../tasks/store.ts'
import type { CreatedWebhook, Problem, StartedTask, Task, WebhookList } from './wire.ts'

const URL = 'https://example.com/drover'
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

async function openApi(): Promise<TestApi> {
  const api = await openTestApi()
  await asSystem(api.database, (db) => registerChannel(db, { name: 'webhook', orgId: DEFAULT_ORG, kind: 'webhook' }))
  return api
}

const typesToPost = async (api: TestApi) =>
  (await asSystem(api.database, (db) => listDeliveries(db, { limit: 100 })))
    .filter(({ kind }) => kind === 'webhook')
    .map(({ content }) => content.type)
    .toReversed()

const problemOf = async (answer: Response | Promise<Response>) => (await (await answer).json()) as Problem

test('a webhook is made, listed without its secret, and removed', async () => {
  await using api = await openApi()
  const { secret, ...made } = await api.post<CreatedWebhook>('/v1/webhooks', { url: URL })
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(made).toMatchObject({ id: expect.stringMatching(/^whs_/), url: URL, taskId: null, disabledAt: null })
  expect(made.events).toHaveLength(6)
  expect(await api.get<WebhookList>('/v1/webhooks')).toEqual({ webhooks: [made] })
  // What the channel posts by (the seal of these tests hides nothing).
  const sealed = await asSystem(api.database, (db) => findCredentials(db, 'webhook', made.id))
  expect(JSON.parse(String(sealed))).toEqual({ url: URL, secret })

  await startTask(api)
  expect(await typesToPost(api)).toEqual(['task.created'])
  expect((await api.ask('DELETE', `/v1/webhooks/${made.id}`)).status).toBe(204)
  expect(await api.get<WebhookList>('/v1/webhooks')).toEqual({ webhooks: [] })
  // Nothing is left that could be sent, and nothing to send it with.
  expect(await asSystem(api.database, (db) => claimDelivery(db, ['webhook'], 1))).toBeUndefined()
  expect(await asSystem(api.database, (db) => findCredentials(db, 'webhook', made.id))).toBeUndefined()
  expect(await problemOf(api.ask('DELETE', `/v1/webhooks/${made.id}`))).toMatchObject({ status: 404 })
})

test('a repeated request makes no second webhook, and is told no secret', async () => {
  await using api = await openApi()
  const body = { url: URL, events: ['task.failed', 'task.failed'] }
  const ask = async () => (await api.ask('POST', '/v1/webhooks', body, { 'idempotency-key': 'k' })).json()
  const made = (await ask()) as CreatedWebhook
  expect(made.events).toEqual(['task.failed'])
  expect(await ask()).toEqual({ ...made, secret: null })
  expect((await api.get<WebhookList>('/v1/webhooks')).webhooks).toHaveLength(1)
})

test.each([
  [{ url: 'ftp://example.com' }, 'url'],
  [{ url: 'example.com' }, 'url'],
  [{ url: 'https://ann:secret@example.com' }, 'url'],
  [{ url: URL, events: [] }, 'events'],
  [{ url: URL, events: ['task.exploded'] }, 'events.0'],
])('%o is refused, with the field', async (body, field) => {
  await using api = await openApi()
  expect(await problemOf(api.ask('POST', '/v1/webhooks', body))).toMatchObject({ status: 422, errors: [{ field }] })
})

test('an address of a task comes with it or not at all; a secret of its own is not told back', async () => {
  await using api = await openApi()
  await api.post('/v1/codebases', { url: '/srv/app' })
  const task = { prompt: 'Say hello', codebase: 'app', replyTo: URL }
  const ask = async () =>
    (await (await api.ask('POST', '/v1/tasks', task, { 'idempotency-key': 'k' })).json()) as StartedTask
  const made = await ask()
  expect(made.replySecret).toMatch(/^whsec_/)
  expect(await ask()).toEqual({ ...made, replySecret: null })
  expect(await api.post<StartedTask>('/v1/tasks', { ...task, replySecret: SECRET })).not.toHaveProperty('replySecret')

  expect(await api.get<WebhookList>('/v1/webhooks')).toEqual({ webhooks: [] })
  const { webhooks } = await api.get<WebhookList>(`/v1/webhooks?task=${made.id}`)
  expect(webhooks).toMatchObject([{ url: URL, taskId: made.id }])
  await api.post<Task>(`/v1/tasks/${made.id}/cancel`, {}, 200)
  expect(await typesToPost(api)).toEqual(['task.cancelled'])

  for (const wrong of [{ replySecret: 'whsec_c2hvcnQ=' }, { replySecret: 'secret' }, { replyTo: 'nowhere' }])
    expect((await api.ask('POST', '/v1/tasks', { ...task, ...wrong })).status).toBe(422)
  const { replyTo: _replyTo, ...without } = task
  expect((await api.ask('POST', '/v1/tasks', { ...without, replySecret: SECRET })).status).toBe(422)
})

test('where nothing can be posted, a task with an address is not started', async () => {
  await using api = await openTestApi()
  await api.post('/v1/codebases', { url: '/srv/app' })
  const answer = await api.ask('POST', '/v1/tasks', { prompt: 'Say hello', codebase: 'app', replyTo: URL })
  expect(await problemOf(answer)).toMatchObject({ status: 422, code: 'no-webhooks' })
  expect((await api.get<{ tasks: Task[] }>('/v1/tasks')).tasks).toEqual([])
})

test('another org sees no webhook of ours, cannot remove one, and its tasks tell us nothing', async () => {
  await using api = await openApi()
  const { id } = await api.post<CreatedWebhook>('/v1/webhooks', { url: URL })
  expect(await (await api.askAsStranger('GET', '/v1/webhooks')).json()).toEqual({ webhooks: [] })
  expect((await api.askAsStranger('DELETE', `/v1/webhooks/${id}`)).status).toBe(404)
  expect(await problemOf(api.askAsStranger('POST', '/v1/webhooks', { url: URL }))).toMatchObject({
    code: 'no-webhooks',
  })
  await api.askAsStranger('POST', '/v1/codebases', { url: '/srv/app', name: 'theirs' })
  const theirs = await api.askAsStranger('POST', '/v1/tasks', { prompt: 'Say hello', codebase: 'theirs' })
  expect(theirs.status).toBe(201)
  expect(await typesToPost(api)).toEqual([])
  await startTask(api)
  expect(await typesToPost(api)).toEqual(['task.created'])
})

test('a task is told to have started once, however often it runs', async () => {
  await using api = await openApi()
  await api.post('/v1/webhooks', { url: URL, events: ['task.started', 'task.failed'] })
  await startTask(api)
  const failure = { class: 'network', message: 'The network is away.' } as const
  const run = await api.claim()
  await asSystem(api.database, (db) => retryTaskLater(db, run, { failure, delayMs: 0, counts: true }))
  await api.claim()
  expect(await typesToPost(api)).toEqual(['task.started'])
})
