import { expect, test } from 'vitest'
import { createMask, plainText } from './log.ts'

const SECRET = 'ghp_s3cret/with "quotes"&more'

test('a secret is replaced by its name in every form that it takes', () => {
  const mask = createMask({ GITHUB_TOKEN: SECRET })
  const forms = [
    SECRET,
    encodeURIComponent(SECRET),
    JSON.stringify(SECRET),
    Buffer.from(SECRET).toString('base64'),
    Buffer.from(SECRET).toString('base64url'),
    `Basic ${Buffer.from(`x-access-token:${SECRET}`).toString('base64')}`,
  ]
  for (const form of forms) expect(mask(`before ${form} after`)).toMatch(/^before .*\[GITHUB_TOKEN\].* after$/)
  expect(mask(forms.join(' '))).not.toContain('s3cret')
})

test('the longer of two secrets wins where one is part of the other', () => {
  const mask = createMask({ SHORT: 'abcdefgh', LONG: 'abcdefghijkl' })
  expect(mask('abcdefghijkl abcdefgh')).toBe('[LONG] [SHORT]')
})

test('what is shorter than eight characters is no secret: it would mask half of the text', () => {
  expect(createMask({ PORT: '3000' })('port 3000')).toBe('port 3000')
})

test('text from outside cannot move the cursor or ring the bell', () => {
  expect(plainText('\u001b[31mred\u001b[0m\u0007\r\u001b]8;;http://evil\u0007link\nnext\ttab')).toBe(
    'redlink\nnext\ttab',
  )
})
