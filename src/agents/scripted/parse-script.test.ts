import { expect, test } from 'vitest'
import { parseScript } from './parse-script.ts'

const stepsOf = (prompt: string) => {
  const script = parseScript(prompt)
  return script.type === 'steps' ? script.steps : script
}

test.each([
  ['say Hello there', { verb: 'say', text: 'Hello there' }],
  ['plan a; b ;c', { verb: 'plan', items: ['a', 'b', 'c'] }],
  ['write notes.md :: hello', { verb: 'write', path: 'notes.md', text: 'hello\n' }],
  ['write notes.md <<hello', { verb: 'write', path: 'notes.md', text: 'hello\n' }],
  ['write my notes.md :: a :: b', { verb: 'write', path: 'my notes.md', text: 'a :: b\n' }],
  [String.raw`write a :: one\ntwo\\n`, { verb: 'write', path: 'a', text: 'one\ntwo\\n\n' }],
  ['append a :: more', { verb: 'append', path: 'a', text: 'more\n' }],
  ['replace a :: x y => z', { verb: 'replace', path: 'a', oldText: 'x y', newText: 'z' }],
  ['replace a :: x =>', { verb: 'replace', path: 'a', oldText: 'x', newText: '' }],
  ['run npm test', { verb: 'run', command: 'npm test' }],
  ['call drover tell {"text": "a b"}', { verb: 'call', server: 'drover', tool: 'tell', input: { text: 'a b' } }],
  ['call drover list', { verb: 'call', server: 'drover', tool: 'list', input: {} }],
  ['ask Which colour? Red / Blue', { verb: 'ask', question: 'Which colour?', choices: ['Red', 'Blue'] }],
  ['ask Why?', { verb: 'ask', question: 'Why?', choices: [] }],
  ['sleep 100', { verb: 'sleep', ms: 100 }],
  ['fail rate_limit', { verb: 'fail', failure: 'rate_limit', once: false }],
  ['fail crash once', { verb: 'fail', failure: 'crash', once: true }],
  ['recall', { verb: 'recall' }],
  ['- say in a list', { verb: 'say', text: 'in a list' }],
  ['  2. say in a numbered list', { verb: 'say', text: 'in a numbered list' }],
])('%s', (line, step) => {
  expect(stepsOf(line)).toEqual([step])
})

test('lines that are no steps are left aside, fences of code are overlooked', () => {
  const prompt = 'Please do this:\n```\nsay one\n\nsay two\n```\nThank you!'
  expect(parseScript(prompt)).toEqual({
    type: 'steps',
    steps: [
      { verb: 'say', text: 'one' },
      { verb: 'say', text: 'two' },
    ],
    leftAside: ['Please do this:', 'Thank you!'],
  })
})

test.each(['What is this?', 'Write a test', 'sayonara', ''])('“%s” is free text', (prompt) => {
  expect(parseScript(prompt)).toEqual({ type: 'free text' })
})

test.each([
  ['write a test for the parser', 'write PATH :: TEXT'],
  ['replace a :: b', 'replace PATH :: OLD => NEW'],
  ['ask Bob about it', 'ask QUESTION? CHOICE / CHOICE'],
  ['call me later, please', 'call SERVER TOOL {"NAME": "VALUE"}'],
  ['call drover tell {"text": }', 'call SERVER TOOL {"NAME": "VALUE"}'],
  ['sleep long', 'sleep MILLISECONDS'],
  ['fail badly', 'fail auth|'],
  ['say', 'say TEXT'],
])('“%s” is a mistake, and the right form is told', (line, form) => {
  expect(parseScript(`say before\n${line}`)).toEqual({
    type: 'mistake',
    sentence: expect.stringContaining(`Line 2 is not a whole step: “${line}”. It has the form: ${form}`),
  })
})
