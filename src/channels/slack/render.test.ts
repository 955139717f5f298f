import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Outgoing } from '../channel.ts'
import { calm } from './calm.ts'
import { sectionsOf, toMrkdwn } from './mrkdwn.ts'
import { FORMS, MARKDOWN_LIMIT } from './render.ts'

const FENCE = '```'

describe('calm', () => {
  test.each([
    '<!channel>',
    '<!here|here>',
    '<!subteam^S1|@ops>',
    '<@U12345>',
    '<\\!channel>',
    '&lt;!channel&gt;',
    '&#60;@U1&#62;',
    '<&#33;channel>',
    '@here',
    '@Channel',
    '(@everyone)',
    `${FENCE}\n<!here> @here\n${FENCE}`,
    '`<@U12345>`',
  ])('%j notifies nobody', (text) => {
    const calmed = calm(text)
    expect(calmed).not.toBe(text)
    expect(calmed).not.toMatch(/(<|&lt;|&#60;)\\?(!|@|&#)/)
    expect(calmed).not.toMatch(/@(here|channel|everyone)/i)
    expect(calmed.replaceAll('\u200b', '')).toBe(text)
  })

  test.each([
    'a < b && c > d',
    'mail ada@example.org',
    'npm i @scope/name',
    '<https://x.y>',
    '<b>',
    '@heretic',
    'vector<T> & <&x>',
    '#include <a.h>',
  ])('%j stays as it is', (text) => {
    expect(calm(text)).toBe(text)
  })
})

describe('the best form', () => {
  const first = (message: Outgoing) => FORMS[0]!(message)

  test('is the Markdown itself, with a text for notifications that cannot notify', () => {
    expect(first({ markdown: '**a** < <!here>' })).toEqual({
      text: '**a** &lt; &lt;\u200b!here&gt;',
      blocks: [{ type: 'markdown', text: '**a** < <\u200b!here>' }],
    })
  })

  test('has five buttons a row, and labels that fit', () => {
    const options = Array.from({ length: 7 }, (_, n) => ({ id: `c${n}`, label: `${n} ${'x'.repeat(100)}` }))
    const { blocks } = first({ markdown: 'Which?', choices: { questionId: 'q1', options } })!
    const rows = blocks.flatMap((block) => (block.type === 'actions' ? [block.elements] : []))
    expect(rows.map((row) => row.length)).toEqual([5, 2])
    const buttons = rows.flat().flatMap((element) => (element.type === 'button' ? [element] : []))
    expect(buttons.map(({ value }) => value)).toEqual(options.map(({ id }) => `q1|${id}`))
    expect(new Set(buttons.map(({ action_id: id }) => id)).size).toBe(7)
    for (const { text } of buttons) expect(text.text).toHaveLength(75)
  })

  test('is another one where what keeps mentions quiet would make it too long', () => {
    expect(first({ markdown: '@here '.repeat(1600) })!.blocks).toHaveLength(1)
    expect(first({ markdown: '<@U1> '.repeat(1916) })).toBeUndefined()
  })
})

describe('mrkdwn', () => {
  test.each([
    ['**bold** and *thin* and ***both***', '*bold* and _thin_ and *_both_*'],
    ['__bold__ ~~gone~~ snake_case_name 2 * 3 * 4', '*bold* ~gone~ snake_case_name 2 * 3 * 4'],
    ['# Title', '*Title*'],
    ['## A **bold** title ##', 'A *bold* title'],
    ['[the docs](https://x.y/a_(b)?c=1&d=2)', '<https://x.y/a_(b)?c=1&d=2|the docs>'],
    ['[no](javascript:alert(1))', '[no](javascript:alert(1))'],
    ['- one\n  * two', '• one\n  • two'],
    ['> a < b', '> a &lt; b'],
    ['`a < *b*` and <tag> &amp;', '`a &lt; *b*` and &lt;tag&gt; &amp;amp;'],
    [`${FENCE}ts\nif (a < b) *c*\n${FENCE}\nafter`, `${FENCE}\nif (a &lt; b) *c*\n${FENCE}\nafter`],
    [`~~~\n${FENCE}\n~~~`, `${FENCE}\n\`\u200b\`\u200b\`\n${FENCE}`],
    [`${FENCE}\nnever closed`, `${FENCE}\nnever closed\n${FENCE}`],
    ['| a | b |\n|---|---|', '| a | b |\n|---|---|'],
  ])('%j is %j', (markdown, mrkdwn) => {
    expect(toMrkdwn(markdown)).toBe(mrkdwn)
  })

  /** What is left when marks, entities and cuts are taken away. */
  const wordsIn = (text: string) =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
      .replaceAll(/[^\p{L}\p{N}]/gu, '')

  const piece = fc.oneof(
    fc.constantFrom(
      '**',
      '*',
      '_',
      '~~',
      '`',
      '\n',
      '\n\n',
      ' ',
      '# ',
      '- ',
      '> ',
      '<',
      '>',
      '&',
      '&lt;',
      '|',
      '@here',
      '<!here>',
    ),
    fc.constantFrom(
      `\n${FENCE}\n`,
      '\n~~~\n',
      '[a](https://x.y/z)',
      '![b](https://x.y)',
      '\\',
      '(',
      ')',
      '[',
      ']',
      '!',
    ),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.string({ minLength: 2000, maxLength: 6000 }),
  )

  test('loses nothing, and every section fits', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const markdown = pieces.join('').slice(0, 11_500).toWellFormed()
        const sections = sectionsOf(markdown)
        for (const section of sections) {
          expect(section.length).toBeLessThanOrEqual(3000)
          expect(section.trim()).not.toBe('')
          expect(section.isWellFormed()).toBe(true)
          expect(section.split('\n').filter((line) => line === FENCE).length % 2).toBe(0)
          expect(section).not.toMatch(/<[!@]|@here\b/)
        }
        // A link is written the other way round.
        const linkless = markdown.replaceAll(/!?\[([^\]]*)\]\((https?:\/\/[^\s()|]+)\)/g, '')
        const shown = sections.join('').replaceAll(/<https?:[^>]*>/g, '')
        const languages = /^ {0,3}(?:`{3,}|~{3,}).*$/gm
        expect(wordsIn(shown).length).toBeGreaterThanOrEqual(wordsIn(linkless.replaceAll(languages, '')).length)
      }),
      // Made smaller, a text of this length would keep us for hours.
      { numRuns: 300, endOnFailure: true },
    )
  })

  test('a cut makes no mention of what was none', () => {
    const sections = sectionsOf(`${'x'.repeat(2894)}@hereby it is said`)
    expect(sections.join('')).toContain('by it is said')
    expect(sections.join('\n')).not.toMatch(/@here\b/)
  })

  test('code that is cut is code on both sides', () => {
    const line = (n: number) => `[${n}] INFO {"k":"v*_~"} <tag>`
    const code = Array.from({ length: 300 }, (_, n) => line(n)).join('\n')
    const sections = sectionsOf(`Log:\n${FENCE}log\n${code}\n${FENCE}\nend`)
    expect(sections.length).toBeGreaterThan(2)
    for (const section of sections.slice(1)) expect(section.startsWith(`${FENCE}\n`)).toBe(true)
    for (let n = 0; n < 300; n++) expect(sections.join('\n')).toContain(line(n).replace('<tag>', '&lt;tag&gt;'))
  })
})

test('the limit leaves room for what keeps mentions quiet', () => {
  expect(MARKDOWN_LIMIT).toBe(12_000)
})
