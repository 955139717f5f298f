import { expect, test } from 'vitest'
import { fillTemplate } from './fill-template.ts'

const POST = {
  issue: { number: 7, title: 'It breaks', labels: [{ name: 'bug' }, { name: 'urgent' }], isOpen: false, 'a-b': 'dash' },
  nothing: null,
  trap: '{{issue.number}} $& $1',
}

test.each([
  ['#{{issue.number}}: {{ issue.title }}', '#7: It breaks'],
  ['{{issue.labels.1.name}}', 'urgent'],
  ['{{issue.labels}}', '[{"name":"bug"},{"name":"urgent"}]'],
  ['{{issue.isOpen}} {{issue.a-b}}', 'false dash'],
  ['[{{nothing}}{{missing}}{{issue.title.length}}{{issue.labels.2.name}}]', '[]'],
  ['[{{issue.constructor}}{{__proto__}}{{issue.labels.length}}]', '[2]'],
  ['{{ }} {{}} {{a b}} {issue}', '{{ }} {{}} {{a b}} {issue}'],
  ['no path', 'no path'],
])('%s becomes %s', (template, text) => expect(fillTemplate(template, POST)).toBe(text))

test('what is put in is not filled in turn', () => {
  expect(fillTemplate('{{trap}}', POST)).toBe('{{issue.number}} $& $1')
})

test('what no database keeps is left out', () => {
  expect(fillTemplate('{{a}}', { a: 'one\0two\ud800' })).toBe('onetwo\ufffd')
})

test('any JSON will do', () => {
  expect(fillTemplate('{{0.a}}', [{ a: 'x' }])).toBe('x')
  for (const json of [null, 'text', 7, []]) expect(fillTemplate('[{{a.b}}]', json)).toBe('[]')
})
