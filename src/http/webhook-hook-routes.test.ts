import { createHmac } from 'node:crypto'
import { Webhook as Signer } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../../test/http-kit.ts'
import { asSystem } from '../db/scope.ts'
import { listSaid } from '../inbox/store.ts'
import { ARRIVAL_HEADER, signArrival } from '../lib/arrival.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { registerChannel } from '../places/channel-store.ts'
import { currentConversation, findPlace } from '../places/store.ts'
import type { Conversation, CreatedHook, HookList, NewHook, Problem } from './wire.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const HOOK: NewHook = { name: 'alerts', codebase: 'app', template: 'Look into {{alert.title}}' }

async function openApi(parts: Parameters<typeof openTestApi>[0] = {}): Promise<TestApi> {
  const api = await openTestApi(parts)
  await asSystem(api.database, (db) => registerChannel(db, { name: 'webhook', orgId: DEFAULT_ORG, kind: 'webhook' }))
  await api.post('/v1/codebases', { url: '/srv/app', name: 'app' })
  return api
}

const makeHook = (api: TestApi, more: Partial<NewHook> = {}) => api.post<CreatedHook>('/v1/hooks', { ...HOOK, ...more })

/** As a program posts it: without a key of ours. */
const post = (api: TestApi, path: string, body: string, headers: Record<string, string>) =>
  api.http.fetch(new Request(`http://localhost${path}`, { method: 'POST', body, headers }))

const signed = (body: string, { secret = SECRET, id = 'msg_1', at = new Date() } = {}) => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
  'webhook-signature': new Signer(secret).sign(id, at, body),
})
const signedAsGithub = (body: string, secret: string, more: Record<string, string> = {}) => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  ...more,
})

const said = (api: TestApi) => asSystem(api.database, (db) => listSaid(db, { limit: 100 }))
const textsOf = async (api: TestApi) =>
  (await said(api)).map(({ event }) => (event.type === 'message' ? event.text : '')).toReversed()

/** Those that what was said belongs to, each once. */
async function conversationsOf(api: TestApi) {
  const messages = await said(api)
  const ids = await asSystem(api.database, (db) =>
    Promise.all(
      messages.map(async ({ event }) => {
        const place = await findPlace(db, event.place)
        return place && (await currentConversation(db, place.id))
      }),
    ),
  )
  return Promise.all([...new Set(ids)].map((id) => api.get<Conversation>(`/v1/conversations/${id}`)))
}

// Not as JSON.stringify would write it: the signature is over what was sent.
const ALERT = '{ "alert" : {"title": "Disk full",  "count": 4.0} }'

test('a hook is made, listed without its secret, and removed', async () => {
  await using api = await openApi()
  const { secret, ...hook } = await makeHook(api)
  expect(secret).toMatch(/^whsec_/)
  expect(hook).toMatchObject({ path: `/webhooks/in/${hook.id}`, scheme: 'standard', conversationTemplate: null })
  expect(await api.get<HookList>('/v1/hooks')).toEqual({ hooks: [hook] })
  expect((await api.ask('POST', '/v1/hooks', HOOK)).status).toBe(409)
  expect((await api.ask('DELETE', `/v1/hooks/${hook.id}`)).status).toBe(204)
  expect((await api.ask('DELETE', `/v1/hooks/${hook.id}`)).status).toBe(404)
  const late = await post(api, hook.path, ALERT, signed(ALERT, { secret: secret! }))
  expect(late.status).toBe(404)
  expect(await said(api)).toEqual([])
})

test('another org sees no hook of ours and makes none', async () => {
  await using api = await openApi()
  const { id } = await makeHook(api)
  expect(await (await api.askAsStranger('GET', '/v1/hooks')).json()).toEqual({ hooks: [] })
  expect((await api.askAsStranger('DELETE', `/v1/hooks/${id}`)).status).toBe(404)
  const answer = await api.askAsStranger('POST', '/v1/hooks', HOOK)
  expect(await answer.json()).toMatchObject({ code: 'no-webhooks' })
})

test.each([
  [{ template: '' }, 'template'],
  [{ scheme: 'bearer' as 'github' }, 'scheme'],
  [{ secret: 'not as standard webhooks' }, 'secret'],
  [{ scheme: 'github' as const, secret: 'short' }, 'secret'],
])('%o is refused, with the field', async (wrong, field) => {
  await using api = await openApi()
  const answer = await api.ask('POST', '/v1/hooks', { ...HOOK, ...wrong })
  expect((await answer.json()) as Problem).toMatchObject({ status: 422, errors: [{ field }] })
})

test('a signed post is a message for an agent, in a conversation about the hook’s codebase', async () => {
  await using api = await openApi()
  const hook = await makeHook(api, { secret: SECRET, agent: 'aider' })
  expect(hook.secret).toBeNull()
  const answer = await post(api, hook.path, ALERT, signed(ALERT))
  expect(answer.status).toBe(202)
  const [message] = await said(api)
  expect(await answer.json()).toEqual({ id: message?.id })
  expect(message?.event).toMatchObject({
    type: 'message',
    key: `${hook.id}:msg_1`,
    text: 'Look into Disk full',
    place: { channel: 'webhook', tenant: hook.id, room: `${hook.id}:msg_1`, thread: '' },
    actor: { id: hook.id, name: 'alerts', isBot: false },
    isAddressed: true,
    isVouchedFor: true,
  })
  expect(await conversationsOf(api)).toMatchObject([
    { codebaseId: hook.codebaseId, agent: 'aider', title: 'Look into Disk full' },
  ])
})

test('the same post again is one message, also with a fresh signature', async () => {
  await using api = await openApi()
  const { path } = await makeHook(api, { secret: SECRET })
  const first = await post(api, path, ALERT, signed(ALERT))
  const again = await post(api, path, ALERT, signed(ALERT, { at: new Date(Date.now() + 60_000) }))
  expect(again.status).toBe(202)
  expect(await again.json()).toEqual(await first.json())
  const both = await Promise.all(
    [1, 2, 3].map(() => post(api, path, ALERT, signed(ALERT, { id: 'msg_2' })).then((answer) => answer.json())),
  )
  expect(new Set(both.map((each) => (each as { id: string }).id)).size).toBe(1)
  expect(await said(api)).toHaveLength(2)
})

test('what is not signed by the secret of the hook, or not now, is refused and not kept', async () => {
  await using api = await openApi()
  const { path } = await makeHook(api, { secret: SECRET })
  const good = signed(ALERT)
  const minutes = (count: number) => ({ at: new Date(Date.now() + count * 60_000) })
  const wrong: [string, Record<string, string>][] = [
    [ALERT, {}],
    [`${ALERT} `, good],
    [ALERT, { ...good, 'webhook-id': 'msg_2' }],
    [ALERT, { ...good, 'webhook-timestamp': String(Number(good['webhook-timestamp']) + 1) }],
    [ALERT, { ...good, 'webhook-timestamp': 'now' }],
    [ALERT, signed(ALERT, { secret: `whsec_${Buffer.alloc(32).toString('base64')}` })],
    [ALERT, signed(ALERT, minutes(-6))],
    [ALERT, signed(ALERT, minutes(6))],
    [ALERT, signedAsGithub(ALERT, SECRET)],
  ]
  for (const [body, headers] of wrong) {
    const answer = await post(api, path, body, headers)
    expect([answer.status, headers]).toEqual([401, headers])
    expect(await answer.json()).toMatchObject({ code: 'bad-signature' })
  }
  expect(await said(api)).toEqual([])
  expect((await post(api, path, ALERT, signed(ALERT, minutes(-4)))).status).toBe(202)
})

test('GitHub’s way: signed by the body, named by its delivery, its ping answered', async () => {
  await using api = await openApi()
  const { path, secret } = await makeHook(api, { scheme: 'github' })
  const headers = (body: string, delivery: string, more = {}) =>
    signedAsGithub(body, secret!, { 'x-github-delivery': delivery, 'x-github-event': 'issues', ...more })
  expect(
    (await post(api, path, '{"zen":"…"}', headers('{"zen":"…"}', 'd0', { 'x-github-event': 'ping' }))).status,
  ).toBe(204)
  for (const delivery of ['d1', 'd1', 'd2'])
    expect((await post(api, path, ALERT, headers(ALERT, delivery))).status).toBe(202)
  expect(await textsOf(api)).toEqual(['Look into Disk full', 'Look into Disk full'])
  expect((await post(api, path, `${ALERT} `, headers(ALERT, 'd3'))).status).toBe(401)
  expect((await post(api, path, ALERT, { 'x-github-delivery': 'd3' })).status).toBe(401)
})

test('posts without a name are the same when their bodies are', async () => {
  await using api = await openApi()
  const { path, secret } = await makeHook(api, { scheme: 'github' })
  const other = ALERT.replace('4.0', '5')
  for (const body of [ALERT, ALERT, other])
    expect((await post(api, path, body, signedAsGithub(body, secret!))).status).toBe(202)
  expect(await said(api)).toHaveLength(2)
  const named = { 'idempotency-key': 'x'.repeat(5_000) }
  for (const _ of [1, 2]) expect((await post(api, path, ALERT, signedAsGithub(ALERT, secret!, named))).status).toBe(202)
  expect(await said(api)).toHaveLength(3)
})

test('what a conversation is known by brings posts together', async () => {
  await using api = await openApi()
  const { path, id } = await makeHook(api, { secret: SECRET, conversationTemplate: '{{alert.title}}' })
  const send = (title: string, messageId: string) => {
    const body = JSON.stringify({ alert: { title } })
    return post(api, path, body, signed(body, { id: messageId }))
  }
  await send('Disk full', 'msg_1')
  await send('Disk full', 'msg_2')
  await send('Fan broken', 'msg_3')
  // Known by nothing: alone.
  await send('', 'msg_4')
  const rooms = (await said(api)).map(({ event }) => event.place.room).toReversed()
  expect(rooms).toEqual(['Disk full', 'Disk full', 'Fan broken', `${id}:msg_4`])
  expect(await conversationsOf(api)).toHaveLength(3)
  await Promise.all(['a', 'b', 'c', 'd'].map((each) => send('All at once', each)))
  expect(await said(api)).toHaveLength(8)
  expect(await conversationsOf(api)).toHaveLength(4)
})

test('what is no JSON, or comes to nothing, is refused with the reason', async () => {
  await using api = await openApi()
  const { path } = await makeHook(api, { secret: SECRET, template: '{{alert.title}}' })
  const statusOf = async (body: string) => (await post(api, path, body, signed(body))).status
  expect(await statusOf('title=Disk')).toBe(400)
  expect(await statusOf('')).toBe(400)
  expect(await statusOf('{"alert":{"title":" "}}')).toBe(422)
  expect(await statusOf('[]')).toBe(422)
  expect(await said(api)).toEqual([])
})

test('a hook whose codebase was removed says so', async () => {
  await using api = await openApi()
  const { path, codebaseId } = await makeHook(api, { secret: SECRET })
  expect((await api.ask('DELETE', `/v1/codebases/${codebaseId}`)).status).toBe(204)
  const answer = await post(api, path, ALERT, signed(ALERT))
  expect(answer.status).toBe(409)
  expect(await said(api)).toEqual([])
})

test('what is posted cannot become a command; a template may be one', async () => {
  await using api = await openApi()
  const open = await makeHook(api, { secret: SECRET, template: ' {{text}}' })
  const command = await makeHook(api, { secret: SECRET, name: 'commands', template: '/stop {{text}}' })
  const body = '{"text":"/agent codex"}'
  await post(api, open.path, body, signed(body))
  await post(api, command.path, body, signed(body))
  expect(await textsOf(api)).toEqual(['> /agent codex', '/stop /agent codex'])
})

test('what waited at the relay is as old as it was when it arrived there, if the relay’s token proves it', async () => {
  await using api = await openApi({ relayToken: 'relay_t' })
  const { path, secret } = await makeHook(api)
  const at = new Date(Date.now() - 3_600_000)
  const headers = signed(ALERT, { secret: secret!, at })
  expect((await post(api, path, ALERT, headers)).status).toBe(401)
  const arrived = (token: string) => ({ ...headers, [ARRIVAL_HEADER]: signArrival(token, { at, path }) })
  expect((await post(api, path, ALERT, arrived('relay_x'))).status).toBe(401)
  expect((await post(api, path, ALERT, arrived('relay_t'))).status).toBe(202)
  expect(await textsOf(api)).toEqual(['Look into Disk full'])
})
