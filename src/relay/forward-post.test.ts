import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWebhookPath } from './forward-post.ts'
import { headersToKeep } from './headers.ts'
import { RelayPost } from './wire.ts'

test.each(['/webhooks/github', '/webhooks/in/hok_01kanv3e5x8t1z6w2q9r4c7b0d'])('%s is posted to', (path) => {
  expect(isWebhookPath(path)).toBe(true)
})

test.each([
  '/',
  '/webhooks',
  '/webhooks/',
  '/webhooksx/github',
  '/v1/tasks',
  '//webhooks/github',
  '/webhooks//v1',
  '/webhooks/../v1/tasks',
  '/webhooks/%2e%2e/v1/tasks',
  '/webhooks/..%2fv1%2ftasks',
  String.raw`/webhooks/..\v1`,
  '/webhooks/github?x',
  '/webhooks/github\n',
])('%j is not', (path) => {
  expect(isWebhookPath(path)).toBe(false)
})

test('no path that is taken leads anywhere else', () => {
  const piece = fc.constantFrom(
    '/webhooks/',
    '/',
    '..',
    '.',
    '%2e',
    '%2F',
    '\\',
    '@',
    ':',
    'a',
    'github',
    '?',
    '#',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const path = `/webhooks/a${pieces.join('')}`
      if (!isWebhookPath(path)) return
      const { origin, pathname } = new URL(`http://127.0.0.1:3000${path}`)
      expect([origin, decodeURIComponent(pathname)]).toEqual(['http://127.0.0.1:3000', path])
    }),
  )
})

test('a relay that has fallen into other hands leads nowhere else either', () => {
  const post = {
    seq: 1,
    method: 'POST',
    path: '/webhooks/a',
    query: '',
    headers: {},
    receivedAt: new Date().toISOString(),
  }
  expect(RelayPost.safeParse({ ...post, query: '?a=/../../v1' }).success).toBe(true)
  for (const wrong of [{ query: '/../../v1/tasks' }, { query: '?a#b' }, { method: 'GET' }, { method: 'POST /v1' }])
    expect(RelayPost.safeParse({ ...post, ...wrong }).success).toBe(false)
})

test('headers go on but those of one connection, and those that it names', () => {
  const headers = new Headers({
    connection: 'close, X-One-Hop',
    'x-one-hop': '1',
    host: 'relay.example.com',
    cookie: 'a=b',
    expect: '100-continue',
    'transfer-encoding': 'chunked',
    'X-Hub-Signature-256': 'sha256=00',
    'content-type': 'application/x-www-form-urlencoded',
  })
  expect(headersToKeep(headers)).toEqual({
    'content-type': 'application/x-www-form-urlencoded',
    'x-hub-signature-256': 'sha256=00',
  })
})
