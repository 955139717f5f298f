import { expect, test } from 'vitest'
import { seeComment } from '../../../test/fakes/github/see-comment.ts'
import { calm, calmTightly } from './calm.ts'

const NAMES = [
  '@ada',
  '(@ada)',
  '**@ada**',
  '_@ada_',
  'x @ada/team',
  '&#64;ada',
  '&#x0040;ada',
  '&commat;ada',
  '\\@ada',
  '- @ada\n  - @eve',
  '| @ada |\n|---|\n| @eve |',
  '> @ada',
  '`open @ada',
]

test.each(NAMES)('%j notifies nobody', (text) => {
  expect(seeComment(text).notified).not.toEqual([])
  expect(seeComment(calm(text)).notified).toEqual([])
  expect(seeComment(calmTightly(text)).notified).toEqual([])
})

const CLOSINGS = [
  'fixes #1',
  'Closes: #1',
  'resolved acme/app#1',
  'Fix https://github.com/acme/app/issues/1',
  'Duplicate of #1',
  'close #1',
]

test.each(CLOSINGS)('%j closes nothing, and still leads there', (text) => {
  expect(seeComment(text).closes).not.toEqual([])
  for (const quiet of [calm(text), calmTightly(text)]) {
    expect(seeComment(quiet).closes).toEqual([])
    expect(quiet.slice(-2)).toBe(text.slice(-2))
  }
})

test.each([
  'Mail ada@example.org.',
  'See https://www.npmjs.com/package/@scope/name and #12.',
  '`npm i @scope/name`',
  '```\n@decorator\nfixes #1 <!-- x -->\n```',
  'It fixes the bug. #1',
  'five @ six',
])('%j stays as it is', (text) => {
  expect(calm(text)).toBe(text)
})

test('nothing is hidden', () => {
  expect(seeComment(calm('a <!-- b -->')).text).toBe('a <!-- b -->')
  expect(seeComment(calmTightly('a <!-- b -->')).text).toContain('b')
})

test('the tight form is no longer than what was written', () => {
  for (const text of [...NAMES, ...CLOSINGS, '<!-- x -->'])
    expect(calmTightly(text).length).toBeLessThanOrEqual(text.length)
})
