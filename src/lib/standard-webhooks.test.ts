import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { isSame, isSignedWebhook, signWebhook } from './standard-webhooks.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const signed = { id: 'msg_1', seconds: 1_700_000_000, body: '{"n": 4.0, "é": "🐝"}' }

test('a signature is that of the library', () => {
  const theirs = new Webhook(SECRET).sign(signed.id, new Date(signed.seconds * 1_000), signed.body)
  expect(signWebhook(SECRET, signed)).toBe(theirs)
  expect(signWebhook(SECRET, { ...signed, body: Buffer.from(signed.body) })).toBe(theirs)
})

test('one right signature of several is enough, and nothing else is', () => {
  const right = signWebhook(SECRET, signed)
  expect(isSignedWebhook(SECRET, signed, right)).toBe(true)
  expect(isSignedWebhook(SECRET, signed, `v1,old v2,new ${right}`)).toBe(true)
  for (const wrong of ['', 'v1,', right.slice(3), right.toLowerCase(), `${right}x`])
    expect([wrong, isSignedWebhook(SECRET, signed, wrong)]).toEqual([wrong, false])
  for (const changed of [{ id: 'msg_2' }, { seconds: 1_700_000_001 }, { body: `${signed.body} ` }])
    expect(isSignedWebhook(SECRET, { ...signed, ...changed }, right)).toBe(false)
})

test('texts of any length are compared', () => {
  expect(isSame('', '')).toBe(true)
  expect(isSame('a', 'ab')).toBe(false)
  expect(isSame('é', 'e')).toBe(false)
})
