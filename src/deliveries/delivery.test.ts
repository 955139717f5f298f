import { expect, test } from 'vitest'
import { faceOf, textOf } from './delivery.ts'

test('a face tells buttons apart, and the text comes out of it as it was', () => {
  const markdown = 'Which?\n- a\n- b'
  const choices = { questionId: 'que_01ab', options: [{ id: '0', label: 'Red' }] }
  expect(faceOf({ markdown })).toBe(markdown)
  expect(faceOf({ markdown, choices })).not.toBe(markdown)
  expect(faceOf({ markdown, choices })).not.toBe(faceOf({ markdown, choices: { ...choices, questionId: 'que_02' } }))
  expect([textOf(markdown), textOf(faceOf({ markdown, choices }))]).toEqual([markdown, markdown])
})
