import { expect, test } from 'vitest'
import { ChannelError } from '../channel.ts'
import { renderBody } from './render.ts'

const contentOf = (markdown: string) => renderBody({ markdown }).content
const choicesOf = (count: number, label = 'Yes', id = 'c') => ({
  questionId: 'q1',
  options: Array.from({ length: count }, (_, n) => ({ id: `${id}${n}`, label })),
})

test('nobody is notified, whatever is written', () => {
  expect(renderBody({ markdown: '@everyone <@1>' })).toEqual({
    content: '@everyone <@1>',
    allowed_mentions: { parse: [] },
    components: [],
  })
})

test('buttons stand five in a row, with labels that are cut', () => {
  const { components } = renderBody({ markdown: 'x', choices: choicesOf(7, 'y'.repeat(100)) })
  expect(components.map((row) => row.components.length)).toEqual([5, 2])
  expect(components[1]?.components[1]).toEqual({
    type: 2,
    style: 2,
    custom_id: 'q1|c6',
    label: `${'y'.repeat(79)}…`,
  })
})

test('the colours of buttons', () => {
  const options = [
    { id: 'a', label: 'A', style: 'primary' as const },
    { id: 'b', label: 'B', style: 'danger' as const },
    { id: 'c', label: 'C' },
  ]
  const { components } = renderBody({ markdown: 'x', choices: { questionId: 'q1', options } })
  expect(components[0]?.components.map(({ style }) => style)).toEqual([1, 4, 2])
})

test('too many buttons, and ids too long, are refused before Discord refuses them', () => {
  expect(() => renderBody({ markdown: 'x', choices: choicesOf(26) })).toThrow(ChannelError)
  expect(() => renderBody({ markdown: 'x', choices: choicesOf(1, 'Yes', 'x'.repeat(100)) })).toThrow(/100 characters/)
})

const TABLE = '| a | b |\n|---|---|\n| 1 | 2 |'

test('a table is shown in one width', () => {
  expect(contentOf(`One:\n\n${TABLE}\n\nTwo:\n\n${TABLE}`)).toBe(
    `One:\n\n\`\`\`\n${TABLE}\n\`\`\`\n\nTwo:\n\n\`\`\`\n${TABLE}\n\`\`\``,
  )
})

test('only as far as there is room', () => {
  const room = (length: number) => `${TABLE}\n\n${TABLE}\n\n`.padEnd(length, 'x')
  for (const length of [1990, 1985, 1984, 1976]) {
    const content = contentOf(room(length))
    expect(content.length).toBeLessThanOrEqual(2000)
    expect(content.split('```').length - 1).toBe(length > 1984 ? 2 : 4)
  }
})

test.for([
  `\`\`\`\n${TABLE}\n\`\`\``,
  `| a |\n|---|\n| \`\`\` |`,
  '[1]: https://x.y',
  '# Heading\n\n- one\n  - two\n\n> quoted\n\n<b>html</b>',
  'a | b',
])('%j stays as it is', (markdown) => {
  expect(contentOf(markdown)).toBe(markdown)
})
