import { expect, test } from 'vitest'
import { addressedTo } from './addressed.ts'

const textOf = (markdown: string) => addressedTo('bot', markdown)?.text

test.each([
  ['@bot fix it', 'fix it'],
  ['@Bot: fix it', 'fix it'],
  ['@bot[bot] fix it', 'fix it'],
  ['Well, @bot, fix it', 'Well, fix it'],
  ['It is slow.\r\n\r\n@bot fix it\r\n', 'It is slow.\n\nfix it'],
  ['- one\n- **@bot** two', '- one\n- **** two'],
  ['| a | b |\n|---|---|\n| @bot x | y |', '| a | b |\n|---|---|\n| x | y |'],
  ['(@bot) hi', '() hi'],
  [
    '@bot run `npm test`\n\n```\ncode @bot\n```\n\n> quote @bot',
    'run `npm test`\n\n```\ncode @bot\n```\n\n> quote @bot',
  ],
  ['> @bot not this\n\n@bot this', '> @bot not this\n\nthis'],
  ['@bot one <!-- hidden --> two', 'one  two'],
  ['@bot keep `<!-- code -->`', 'keep `<!-- code -->`'],
  ['@bot `<!--` is kept, and this', '`<!--` is kept, and this'],
  ['\\`@bot hi\\`', undefined],
  ['a ` b ` @bot c `', 'a ` b ` c `'],
])('%j says %j', (markdown, text) => {
  expect(textOf(markdown)).toBe(text)
})

test.each([
  '',
  'bot, fix it',
  '@bottle',
  '@bot-two',
  '@bot/team',
  'mail@bot',
  'https://example.org/@bot',
  '`@bot`',
  '``a ` @bot``',
  '```\n@bot\n```',
  '~~~sh\n@bot\n~~~',
  '```\n@bot, never closed',
  '    @bot indented',
  '> @bot',
  '> lazy\n@bot',
  '- > @bot',
  '1. ```\n   @bot\n   ```',
  '<!-- @bot -->',
  'a <!-- @bot --> b',
  '<!-- @bot never closed',
  '<!--\n\n@bot\n\n-->',
  '<details>\n@bot\n</details>',
])('%j does not speak to the bot', (markdown) => {
  expect(textOf(markdown)).toBeUndefined()
})

test('a command is what follows the mention', () => {
  expect(textOf('@bot /command-invoke plan --fast')).toBe('/command-invoke plan --fast')
  expect(textOf('> what was said\n\nDone. @bot /status')).toBe('/status')
  expect(textOf('@bot\n/status')).toBe('/status')
  expect(textOf('@bot status')).toBe('status')
})

test('a name is taken literally', () => {
  expect(addressedTo('a.b', '@axb hi')).toBeUndefined()
  expect(addressedTo('a.b', '@a.b hi')?.text).toBe('hi')
})

// Anybody may write a comment in a public repository: none may hold up the process.
test.each([
  ['stars', '*a '.repeat(20_000)],
  ['emphasis', '_a'.repeat(30_000)],
  ['quotes in one another', '>'.repeat(60_000)],
  ['lists in one another', '- '.repeat(20_000)],
  [
    'lists in one another, over many lines',
    Array.from({ length: 300 }, (_, n) => `${' '.repeat(2 * n)}- a`).join('\n'),
  ],
  ['brackets', '['.repeat(60_000)],
  ['backticks', Array.from({ length: 300 }, (_, n) => '`'.repeat(n + 1)).join('a')],
  ['single backticks', '` '.repeat(30_000)],
  ['openings of comments', '<!--'.repeat(15_000)],
  ['mentions', '@bot '.repeat(13_000)],
])('%s without end are read like anything else', (_, text) => {
  expect(() => addressedTo('bot', `${text} @bot`)).not.toThrow()
  expect(addressedTo('bot', `@bot hi\n\n${text}`)).toBeDefined()
})
