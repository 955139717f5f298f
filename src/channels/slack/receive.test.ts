import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { slack } from './slack.ts'

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
const API = 'http://127.0.0.1:9/api/'

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')

function setUp() {
  const store = createTestStore()
  const settings = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: SECRET, SLACK_API_URL: API }
  const channel = slack.create(settings, store.createHost())!
  return { store, receive: channel.receive! }
}

interface Changes {
  body?: string
  secret?: string
  agoSeconds?: number
  type?: string
  headers?: Record<string, string>
}

function signed(body: string, changes: Changes = {}): Request {
  const { secret = SECRET, agoSeconds = 0, type = 'application/json', headers } = changes
  const timestamp = String(Math.floor(Date.now() / 1000) - agoSeconds)
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  return new Request('http://drover/webhooks/slack', {
    method: 'POST',
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signature,
      ...headers,
    },
    body: changes.body ?? body,
  })
}

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const FORM = { type: 'application/x-www-form-urlencoded' }

test('what Slack signed is stored, and then acknowledged', async () => {
  const { store, receive } = setUp()
  const response = await receive(signed(fixture('message-im')))
  expect(response.status).toBe(200)
  expect(store.events).toMatchObject([{ key: 'D0DIRECT:1767326125.870439' }])
})

test.each<[string, Changes]>([
  ['another secret', { secret: 'another' }],
  ['another body', { body: fixture('app-mention') }],
  ['the same JSON with other blanks', { body: JSON.stringify(JSON.parse(fixture('message-im'))) }],
  ['a time of six minutes ago', { agoSeconds: 360 }],
  ['a time in six minutes', { agoSeconds: -360 }],
  ['no signature', { headers: { 'x-slack-signature': '' } }],
  ['half a signature', { headers: { 'x-slack-signature': 'v0=12' } }],
  [
    'another time than was signed',
    { headers: { 'x-slack-request-timestamp': String(Math.floor(Date.now() / 1000) - 9) } },
  ],
  ['a time that is no number', { headers: { 'x-slack-request-timestamp': 'now' } }],
])('%s is refused, and not looked at', async (_, changes) => {
  const { store, receive } = setUp()
  expect((await receive(signed(fixture('message-im'), changes))).status).toBe(401)
  expect(store.takes).toEqual([])
})

test('four minutes are not too long ago', async () => {
  const { receive } = setUp()
  expect((await receive(signed(fixture('message-im'), { agoSeconds: 240 }))).status).toBe(200)
})

test('the question whether the URL is ours is answered, when Slack asks it', async () => {
  const { receive } = setUp()
  const question = JSON.stringify({ token: 'x', challenge: '3eZbrw1aB', type: 'url_verification' })
  expect(await (await receive(signed(question))).text()).toBe('3eZbrw1aB')
  expect((await receive(signed(question, { secret: 'another' }))).status).toBe(401)
})

test('a command is answered to the person who typed it', async () => {
  const { store, receive } = setUp()
  const response = await receive(signed(form(JSON.parse(fixture('slash-command'))), FORM))
  expect(await response.json()).toEqual({ response_type: 'ephemeral', text: 'On it.' })
  expect(store.events).toMatchObject([{ text: '/command-invoke plan --fast', actor: { name: 'ada' } }])
})

test('a button is a form with JSON in it', async () => {
  const { store, receive } = setUp()
  const response = await receive(signed(form({ payload: fixture('block-actions') }), FORM))
  expect([response.status, await response.text()]).toEqual([200, ''])
  expect(store.events).toMatchObject([{ type: 'choice', choiceId: 'deny' }])
})

test('what cannot be stored is not acknowledged', async () => {
  const { store, receive } = setUp()
  store.isAway = true
  expect((await receive(signed(fixture('message-im')))).status).toBe(503)
  expect(store.takes.length).toBeGreaterThan(1)
})

test('what is none of ours is acknowledged', async () => {
  const { store, receive } = setUp()
  expect((await receive(signed(fixture('message-changed')))).status).toBe(200)
  expect((await receive(signed(form({ ssl_check: '1', token: 'x' }), FORM))).status).toBe(200)
  expect((await receive(signed('{"type":"app_rate_limited"}'))).status).toBe(200)
  expect(store.takes).toEqual([])
})

test.each([
  ['{"half":', {}],
  [form({ payload: '{"half":' }), FORM],
  [form({ other: 'thing' }), FORM],
  ['', FORM],
])('%j is nothing of Slack', async (body, changes) => {
  expect((await setUp().receive(signed(body, changes))).status).toBe(400)
})

test('without a signing secret nothing may be posted', () => {
  const settings = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }
  expect(slack.create(settings, createTestStore().createHost())).not.toHaveProperty('receive')
})
