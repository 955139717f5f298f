import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NASTY } from '../../../test/channel-cases/nasty.ts'
import { acceptText } from '../../../test/fakes/telegram/text-rules.ts'
import { ChannelError } from '../channel.ts'
import { tappable } from './menu.ts'
import { render, renderButtons, renderPlain, type Body } from './render.ts'

/** What each entity spans. */
const parts = ({ text, entities }: Body) =>
  entities.map(({ type, offset, length, url }) => [type, text.slice(offset, offset + length), ...(url ? [url] : [])])

describe('markdown', () => {
  test('marks become entities', () => {
    const body = render('# Title\n**bold *both*** ~~gone~~ `a*b` <https://x.y>')
    expect(body.text).toBe('Title\nbold both gone a*b https://x.y')
    expect(parts(body)).toEqual([
      ['bold', 'Title'],
      ['bold', 'bold both'],
      ['italic', 'both'],
      ['strikethrough', 'gone'],
      ['code', 'a*b'],
      ['text_link', 'https://x.y', 'https://x.y'],
    ])
  })

  test('a list keeps its levels, its numbers, its boxes and its code', () => {
    const body = render(
      [
        '1. Run:',
        '   ```sh',
        '   npm test',
        '   ```',
        '   - sub *a*',
        '     - deeper',
        '2. two',
        '',
        '- [x] done',
        '- [ ] to do',
      ].join('\n'),
    )
    expect(body.text).toBe('1. Run:\nnpm test\n  • sub a\n    • deeper\n2. two\n\n• ☑ done\n• ☐ to do')
    expect(parts(body)).toContainEqual(['pre', 'npm test'])
  })

  test('a list goes on at its number, and code may come first in an item', () => {
    expect(render('3. c\n4. d').text).toBe('3. c\n4. d')
    expect(render('- ```\n  x\n  ```').text).toBe('• \nx')
  })

  test('paragraphs, code and quotes stay apart as they were', () => {
    const body = render('one\ntwo\n\nthree\n```ts\nlet x = 1\n```\n> quoted\n> more\n\nlast')
    expect(body.text).toBe('one\ntwo\n\nthree\nlet x = 1\nquoted\nmore\n\nlast')
    expect(body.entities).toContainEqual({ type: 'pre', language: 'ts', offset: 15, length: 9 })
    expect(parts(body)).toContainEqual(['blockquote', 'quoted\nmore'])
  })

  test('a table is of one width', () => {
    expect(parts(render('| a | b |\n|---|---|\n| 1 | 2 |'))).toEqual([['pre', '| a | b |\n|---|---|\n| 1 | 2 |']])
  })

  test('a link leads out, or it is text', () => {
    const body = render(
      '[a](https://x.y) [b](mailto:a@b.c) [c](tg://resolve?domain=x) [d](javascript:alert(1)) [e](src/e.ts) [f.ts](f.ts) ![g](https://g.h/i.png) [](https://j.k) [l](#m)',
    )
    expect(body.text).toBe('a b c d e (src/e.ts) f.ts g https://j.k l')
    expect(body.entities.map(({ url }) => url)).toEqual([
      'https://x.y',
      'mailto:a@b.c',
      'tg://resolve?domain=x',
      'https://g.h/i.png',
      'https://j.k',
    ])
  })

  test('what is escaped is shown without its escape', () => {
    expect(render('\\*a\\* &lt;b&gt; &amp; c').text).toBe('*a* <b> & c')
  })

  test('what shows nothing is sent as it is written', () => {
    expect(render('[only]: https://a.definition').text).toBe('[only]: https://a.definition')
  })
})

describe('a mention', () => {
  test('notifies nobody, wherever it stands', () => {
    const body = render('**@ada** @**bob** (@eve) [@dan](https://x.y) tail')
    expect(body.text).toBe('@\u200Bada @\u200Bbob (@\u200Beve) @\u200Bdan tail')
    expect(parts(body)).toContainEqual(['text_link', '@\u200Bdan', 'https://x.y'])
    expect(parts(body)).toContainEqual(['bold', '@\u200Bada'])
  })

  test('an address and code stay as they are', () => {
    expect(render('a@b.c, `@scope/name`\n\n```\n@decorator\n```').text).toBe('a@b.c, @scope/name\n\n@decorator')
  })

  test('by a link to a person is no link', () => {
    expect(render('[x](tg://user?id=1) [y](TG://USER?id=1) [z](tg:user?id=1)').entities).toEqual([])
  })

  test('in code is disarmed where Telegram drops the entity of that code', () => {
    const { text, entities } = render('`a` '.repeat(100) + '`@ada`')
    expect(entities).toHaveLength(100)
    expect(text).toContain('@\u200Bada')
  })
})

describe('length', () => {
  test('a text that formatting makes too long goes without it', () => {
    const markdown = '1. a\n'.repeat(780)
    expect(markdown.length).toBe(3900)
    expect(render(markdown)).toEqual({ text: markdown, entities: [] })
  })

  test('a text that disarming makes too long keeps its length', () => {
    const markdown = '@a '.repeat(1300)
    expect(render(markdown).text).toBe('＠a '.repeat(1300))
  })

  test('hundreds of quotes within one another are sent as they are', () => {
    const markdown = '>'.repeat(3000) + ' deep'
    expect(render(markdown).text).toContain('deep')
  })
})

const anyMarkdown = fc
  .array(
    fc.oneof(
      fc.constantFrom(...NASTY),
      fc.constantFrom(
        '@ada',
        '**',
        '`',
        '```',
        '\n',
        '\n\n',
        '- ',
        '1. ',
        '> ',
        '| ',
        '[',
        '](tg://user?id=1)',
        '👩‍👧',
        '\u00a0',
      ),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join('').slice(0, 3900).toWellFormed())
  .filter((markdown) => markdown.trim() !== '')

describe('whatever an agent writes', () => {
  test('is taken by Telegram, and notifies nobody', () => {
    fc.assert(
      fc.property(anyMarkdown, (markdown) => {
        for (const body of [render(markdown), renderPlain(markdown)]) {
          const { entities } = acceptText(body.text, body.entities, 'too long')
          expect(entities.filter(({ type }) => type === 'mention' || type === 'text_mention')).toEqual([])
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('loses no word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{3,9}$/), { minLength: 1, maxLength: 40 })
    const marks = fc.constantFrom(
      ' ',
      '\n',
      '\n\n',
      '\n- ',
      '\n1. ',
      '\n> ',
      '\n# ',
      ' **x** ',
      ' `y` ',
      '\n```\nz\n```\n',
    )
    fc.assert(
      fc.property(words, fc.array(marks, { minLength: 40, maxLength: 40 }), (said, between) => {
        const { text } = render(said.map((word, at) => word + between[at]).join(''))
        for (const word of said) expect(text).toContain(word)
      }),
    )
  })
})

describe('buttons', () => {
  const options = (...labels: string[]) => labels.map((label, at) => ({ id: `c${at}`, label }))

  test('short ones stand side by side, long ones below one another', () => {
    const rows = (labels: string[]) =>
      renderButtons({ questionId: 'q', options: options(...labels) }).inline_keyboard.length
    expect(rows(['Yes', 'No'])).toBe(1)
    expect(rows(['Yes, and do not ask again', 'No'])).toBe(2)
    expect(rows(['1', '2', '3', '4'])).toBe(4)
  })

  test('carry 64 bytes, and no more', () => {
    const data = (questionId: string) => renderButtons({ questionId, options: options('A') }).inline_keyboard[0]?.[0]
    expect(data('q'.repeat(61))).toMatchObject({ callback_data: `${'q'.repeat(61)}|c0` })
    expect(() => data('q'.repeat(62))).toThrow(ChannelError)
    expect(() => data('é'.repeat(31))).toThrow(/64 bytes/)
  })
})

test('a command of ours can be tapped: with a hyphen Telegram would link its first word alone', () => {
  const commands = tappable([
    { name: 'link', about: '' },
    { name: 'link-account', about: '' },
    { name: 'command-set', about: '' },
  ])
  const { text } = render(
    '/link-account, /command-set a-b, /link; not `/link-account`, /link-accounts or a/link-account',
    commands,
  )
  expect(text).toBe('/link_account, /command_set a-b, /link; not /link-account, /link-accounts or a/link-account')
  expect(render('/link-account', tappable([])).text).toBe('/link-account')
})
