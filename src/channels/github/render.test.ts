import { expect, test } from 'vitest'
import { seeComment } from '../../../test/fakes/github/see-comment.ts'
import { markerOf, readAnswer, readMarker, renderComment } from './render.ts'

const MARKER = markerOf('dlv_01/0')
const choices = {
  questionId: 'que_01',
  options: [
    { id: '0', label: 'Allow *always*' },
    { id: 'deny', label: 'Ask @ada\nagain' },
  ],
}

test('the marker comes first, is not shown, and is read again', () => {
  const body = renderComment(MARKER, { markdown: 'Hello' }, 'bot')
  expect(body).toBe('<!-- drover:dlv_01/0 -->\nHello')
  expect(seeComment(body).text).toBe('Hello')
  expect(readMarker(body)).toBe(MARKER)
  expect(readMarker(`> ${body}`)).toBeUndefined()
})

test('a key cannot end its marker', () => {
  expect(markerOf('a --> b')).toBe('<!-- drover:a-b -->')
})

test('what an agent wrote is no marker', () => {
  expect(seeComment(renderComment(MARKER, { markdown: markerOf('other') }, 'bot')).text).toBe('<!-- drover:other -->')
})

test('choices are a list, with what to write', () => {
  const seen = seeComment(renderComment(MARKER, { markdown: 'May I?', choices }, 'bot'))
  expect(seen.text).toBe('May I?')
  expect(seen.choices.map(({ words }) => words)).toEqual(['@bot answer que_01 1', '@bot answer que_01 deny'])
  expect(seen.choices[0]!.label).toBe('Allow *always*')
  expect(seen.notified).toEqual([])
})

test.each(['Look:\n```js\nopen', '~~~\n```\nopen', '````\n```\nopen'])(
  'the list is not swallowed by %j',
  (markdown) => {
    const { code } = seeComment(renderComment(MARKER, { markdown, choices }, 'bot'))
    expect(code[0]).toMatch(/open$/)
  },
)

test('the answer is read as the list says it', () => {
  expect(readAnswer('answer que_01 1')).toEqual({ questionId: 'que_01', choiceId: '0' })
  expect(readAnswer('Answer que_01 deny.')).toEqual({ questionId: 'que_01', choiceId: 'deny' })
  for (const words of ['answer', 'answer que_01', 'answer me now', 'answer que_01 0', 'answer que_01 1 please'])
    expect(readAnswer(words)).toBeUndefined()
})

test('a text as long as GitHub takes stays below its limit, whatever is in it', () => {
  for (const word of ['@a ', 'fixes #1 ', '<!-- ']) {
    const markdown = word.repeat(65_000 / word.length)
    expect(renderComment(MARKER, { markdown, choices }, 'bot').length).toBeLessThanOrEqual(65_536)
  }
})
