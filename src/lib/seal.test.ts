import { expect, test } from 'vitest'
import { createSealer } from './seal.ts'

test('what is sealed opens again with the same secret, for the same purpose', () => {
  const sealed = createSealer('a secret').seal('xoxb-1', 'slack/T1')
  expect(createSealer('a secret').open(sealed, 'slack/T1')).toBe('xoxb-1')
  expect(sealed.toString('latin1')).not.toContain('xoxb-1')
})

test.each([
  ['another secret', 'another', 'slack/T1', (sealed: Buffer) => sealed],
  ['another purpose', 'a secret', 'slack/T2', (sealed: Buffer) => sealed],
  ['a changed byte', 'a secret', 'slack/T1', (sealed: Buffer) => Buffer.from(sealed.with(20, (sealed[20] ?? 0) ^ 1))],
])('it does not open with %s', (_name, secret, purpose, change) => {
  const sealed = createSealer('a secret').seal('xoxb-1', 'slack/T1')
  expect(() => createSealer(secret).open(change(sealed), purpose)).toThrow(/authenticate/)
})
