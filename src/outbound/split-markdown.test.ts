import fc from 'fast-check'
import { marked, type Token } from 'marked'
import { describe, expect, test } from 'vitest'
import { splitMarkdown } from './split-markdown.ts'

const FENCE = '```'
const FAMILY = '👩‍👩‍👧‍👦'

const numbered = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n')

/** What has broken splitters. */
const NASTY: Record<string, string> = {
  'fences of all kinds': `Before\n\n${FENCE}ts\nconst a = "\`x\`" // *stars*\n${FENCE}\n\n~~~py\nprint("~")\n~~~\n\n${FENCE}\`\n${FENCE}js\ninner()\n${FENCE}\n${FENCE}\`\nAfter`,
  'an unclosed fence': `Text\n${FENCE}js\n${numbered(90, (i) => `let x${i} = ${i}`)}`,
  'lists with code': `1. one\n   - sub *a*\n     ${FENCE}sh\n     rm -rf "$X"\n     ${FENCE}\n   - sub b\n2. two\n\n   para\n- [x] done\n  > quote\n  > more\n`,
  'Windows lines': `line1\r\nline2\r\n\r\n${numbered(200, (i) => `- item ${i}\r`)}`,
  'one long word': 'A'.repeat(9000),
  'a long log': `${FENCE}log\n${numbered(600, (i) => `[${i}] INFO {"k":"v*_~"} <tag> \`tick\``)}\n${FENCE}\ndone **ok**`,
  'a long paragraph': 'Lorem **ipsum** dolor_sit `amet` [l](http://x.y/z). '.repeat(400),
  'many blocks': numbered(120, (i) => `## Step ${i}\n\n- item *${i}*\n\n${FENCE}js\nrun(${i});\n${FENCE}\n`),
  'a long table': `| a | b |\n|---|---|\n${numbered(300, (i) => `| row ${i} | **v${i}** |`)}`,
  'a long quote': numbered(300, (i) => `> quoted line ${i} with *em*`),
  'code in a quote': `> ${FENCE}js\n${numbered(300, (i) => `> run(${i})`)}\n> ${FENCE}\n\nafter`,
  'long graphemes': FAMILY.repeat(800),
  'backticks only': '`'.repeat(9000),
  'tildes in lines': `${'~'.repeat(9000)}\n`.repeat(3),
  'blank lines only': ' \n'.repeat(5000),
  'code of blank lines': `${FENCE}\n${'\n'.repeat(5000)}${FENCE}`,
  'deep indentation': `${' '.repeat(5000)}x\n`.repeat(3),
  'deep quotes': `${'>'.repeat(5000)} x`,
  'a fence with a long language': `${FENCE}${'j'.repeat(5000)}\ncode\n${FENCE}`,
  'a table with a long head': `| ${'a'.repeat(3000)} | b |\n|---|---|\n${numbered(300, (i) => `| ${i} | x |`)}`,
  'one grapheme': `a${'\u0301'.repeat(9000)}`,
}

/** Whether each fence that a piece opens is closed in it: in the same quote, and indented by at most three more. */
function isBalanced(piece: string): boolean {
  let open: { marker: string; prefix: string } | undefined
  for (const line of piece.split('\n')) {
    if (open && quotesOf(line) < quotesOf(open.prefix)) open = undefined
    const [, prefix = '', marker, info = ''] =
      /^((?:[ \t]*(?:>|[-*+](?=[ \t])|\d+[.)](?=[ \t])))*[ \t]*)(`{3,}|~{3,})(.*)$/s.exec(line) ?? []
    if (marker === undefined) continue
    if (!open) {
      if (!marker.startsWith('`') || !info.includes('`')) open = { marker, prefix: prefix.replace(/[^\s>]/g, ' ') }
      continue
    }
    const isNear = prefix.length <= open.prefix.length + 3 && quotesOf(prefix) === quotesOf(open.prefix)
    const isBare = /^[ \t>]*$/.test(prefix) && info.trim() === ''
    if (isNear && isBare && marker.startsWith(open.marker)) open = undefined
  }
  return !open
}

const quotesOf = (line: string) => line.slice(0, line.search(/[^ \t>]|$/)).split('>').length - 1

const isWhole = (piece: string) => piece.isWellFormed()

/** The characters that must not be lost: those that we may add or drop are taken out. */
const content = (text: string) => text.replace(/[\s`~\u200b]+/g, '')

/** Whether `part` can be had from `text` by leaving out characters. */
function isWithin(part: string, text: string): boolean {
  let at = 0
  for (const character of part) {
    at = text.indexOf(character, at) + 1
    if (at === 0) return false
  }
  return true
}

function check(text: string, limit: number) {
  const pieces = splitMarkdown(text, { limit })
  for (const piece of pieces) {
    expect(piece.length).toBeLessThanOrEqual(limit)
    expect(piece.trim()).not.toBe('')
    expect(isWhole(piece) || !isWhole(text)).toBe(true)
  }
  expect(isWithin(content(text), content(pieces.join('')))).toBe(true)
  return pieces
}

describe('nasty inputs', () => {
  // Markers longer than a piece cannot be repeated.
  const hasUsableMarkers = (name: string) => !['backticks only', 'tildes in lines'].includes(name)
  for (const [name, text] of Object.entries(NASTY)) {
    test.each([64, 300, 2000, 4096, 11_500])(`${name}, in pieces of %i`, (limit) => {
      const pieces = check(text, limit)
      expect(pieces.filter((piece) => hasUsableMarkers(name) && !isBalanced(piece))).toEqual([])
    })
  }

  test('of nothing there is no piece', () => {
    expect(splitMarkdown('', { limit: 100 })).toEqual([])
    expect(splitMarkdown(' \r\n\n\t', { limit: 100 })).toEqual([])
  })

  test('what fits stays as it is, to the last character', () => {
    expect(splitMarkdown('x'.repeat(100), { limit: 100 })).toEqual(['x'.repeat(100)])
    expect(splitMarkdown('# A\n\n  - b\n', { limit: 100 })).toEqual(['# A\n\n  - b'])
  })

  test('a line ends as Windows, Unix or an old Mac ends it', () => {
    expect(splitMarkdown('a\r\nb\nc\rd', { limit: 100 })).toEqual(['a\nb\nc\nd'])
  })

  test('there must be room for something', () => {
    expect(() => splitMarkdown('text', { limit: 15 })).toThrow(RangeError)
    check(Object.values(NASTY).join('\n\n'), 16)
  })
})

describe('where it cuts', () => {
  test('between paragraphs', () => {
    const [one, two] = ['word '.repeat(15).trim(), 'more '.repeat(12).trim()]
    expect(splitMarkdown(`${one}\n\nshort\n${two}`, { limit: 100 })).toEqual([one, `short\n${two}`])
  })

  test('between lines where no paragraph ends in the second half', () => {
    const [one, two, three] = ['a b '.repeat(8).trim(), 'c d '.repeat(8).trim(), 'e f '.repeat(10).trim()]
    expect(splitMarkdown(`x\n\n${one}\n${two}\n${three}`, { limit: 100 })).toEqual([`x\n\n${one}\n${two}`, three])
  })

  test('between words where a line is too long', () => {
    const pieces = splitMarkdown('word '.repeat(100), { limit: 64 })
    expect(pieces.every((piece) => /^(?:word )*word$/.test(piece))).toBe(true)
  })

  test('between graphemes where there are no words', () => {
    const pieces = splitMarkdown(FAMILY.repeat(40), { limit: 100 })
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.every((piece) => piece.length % FAMILY.length === 0)).toBe(true)
  })

  test('not between a blank and what is written on it', () => {
    const text = `${'x'.repeat(40)} \u0301${'y'.repeat(60)}`
    expect(splitMarkdown(text, { limit: 64 })[0]).toContain(' \u0301')
  })

  test('between code points in a grapheme that is longer than a piece', () => {
    const zalgo = `a${'\u{1F3FD}'.repeat(200)}`
    const pieces = splitMarkdown(zalgo, { limit: 100 })
    expect(pieces.join('')).toBe(zalgo)
    expect(pieces.every(isWhole)).toBe(true)
  })

  test('never behind a heading', () => {
    const text = `${'word '.repeat(12).trim()}\n\n## Next\n\n${'more '.repeat(12).trim()}`
    expect(splitMarkdown(text, { limit: 90 })[1]).toMatch(/^## Next\n\nmore/)
  })

  test('never so that the rest of a line becomes a list, a quote or a fence', () => {
    for (const mark of ['- b', '> b', '# b', '1. b', '```js', '~~~'])
      expect(splitMarkdown(`${'a'.repeat(54)} ${mark} ${'c'.repeat(60)}`, { limit: 64 })[1]).toMatch(/^\u200b/)
  })
})

describe('fences', () => {
  const code = numbered(40, (i) => `  run(${i})`)

  test('are closed, and opened again with their language', () => {
    const pieces = splitMarkdown(`Look:\n${FENCE}js\n${code}\n${FENCE}\nDone.`, { limit: 200 })
    expect(pieces.length).toBeGreaterThan(2)
    expect(pieces[0]).toMatch(/^Look:\n```js\n {2}run\(0\)\n[^`]*\n```$/)
    for (const piece of pieces.slice(1, -1)) expect(piece).toMatch(/^```js\n[^`]+\n```$/)
    expect(pieces.at(-1)).toMatch(/```\nDone\.$/)
  })

  test('lose no space and no line in between', () => {
    const pieces = splitMarkdown(`${FENCE}js\n${code}\n${FENCE}`, { limit: 200 })
    expect(pieces.map((piece) => piece.slice(6, -4)).join('\n')).toBe(code)
  })

  test('keep a longer marker, tildes, and what stands in them', () => {
    const inner = `${FENCE}md\nx\n${FENCE}\n`.repeat(20)
    for (const piece of splitMarkdown(`${FENCE}\`md\n${inner}${FENCE}\``, { limit: 100 }))
      expect(piece).toMatch(/^````md\n[^]*\n````$/)
    for (const piece of splitMarkdown(`~~~md\n${inner}~~~`, { limit: 100 })) expect(piece).toMatch(/^~~~md\n[^]*\n~~~$/)
  })

  test('that nobody closed are closed', () => {
    expect(splitMarkdown(`${FENCE}js\nlet x`, { limit: 100 })).toEqual([`${FENCE}js\nlet x\n${FENCE}`])
  })

  test('in a quote stay in it, and end with it', () => {
    const text = `> ${FENCE}js\n${numbered(30, (i) => `> run(${i})`)}\n\nAfter.`
    for (let limit = 64; limit < 160; limit++) {
      const pieces = splitMarkdown(text, { limit })
      for (const piece of pieces.slice(0, -1)) expect(piece).toMatch(/^> ```js\n(?:> run\(\d+\)\n)+> ```$/)
      expect(pieces.at(-1)).toMatch(/^(?:> ```js\n(?:> run\(\d+\)\n)+\n)?After\.$/)
    }
  })

  test('deep in a list are opened again where they are still fences', () => {
    const text = `1. one\n   - sub\n     ${FENCE}sh\n${numbered(20, (i) => `     run ${i}`)}\n     ${FENCE}\n   - next`
    const [, second] = splitMarkdown(text, { limit: 100 })
    expect(second).toMatch(/^```sh\n(?:run \d+\n)+```$/)
  })

  test('deep in a list are closed again, also where their code stands further to the left', () => {
    const text = `1. one\n   - sub\n     ${FENCE}sh\n${numbered(20, (i) => `run ${i}`)}\n     ${FENCE}\n   - next`
    const lasts = Array.from({ length: 100 }, (_, i) => splitMarkdown(text, { limit: 80 + i }).at(-1))
    for (const last of lasts) expect(last).toMatch(/^(?:```sh\n(?:run \d+\n)+```\n| {3})- next$/)
    expect(lasts.some((last) => last?.startsWith(FENCE))).toBe(true)
  })

  test('are not closed by a marker in their code, further to the right', () => {
    const pieces = splitMarkdown(`${FENCE}md\n${`- a\n      ${FENCE}\n`.repeat(30)}${FENCE}`, { limit: 100 })
    for (const piece of pieces) expect(piece).toMatch(/^```md\n[^]*\n```$/)
  })

  test('of nothing but blank lines are no pieces', () => {
    const pieces = splitMarkdown(`Text.\n\n${FENCE}js${'\n'.repeat(500)}run()\n${FENCE}`, { limit: 64 })
    expect(pieces.length).toBeLessThanOrEqual(3)
    expect(pieces.at(-1)).toMatch(/^```js\n+run\(\)\n```$/)
  })

  test('are not opened for nothing', () => {
    for (let limit = 64; limit < 160; limit++)
      for (const piece of splitMarkdown(`Text.\n\n${FENCE}js\n${code}\n${FENCE}\n\nText.`, { limit }))
        expect(piece).not.toMatch(/```js\n```/)
  })
})

describe('tables', () => {
  test('have their head in each piece', () => {
    const rows = numbered(30, (i) => `| row ${i} | x |`)
    const pieces = splitMarkdown(`Look:\n\n| a | b |\n|:--|--:|\n${rows}\n\nDone.`, { limit: 120 })
    expect(pieces.length).toBeGreaterThan(3)
    for (const piece of pieces) expect(piece).toMatch(/\| a \| b \|\n\|:--\|--:\|\n\| row/)
    expect(pieces.flatMap((piece) => piece.match(/\| row .*/g) ?? []).join('\n')).toBe(rows)
  })

  test('are never cut off from their head', () => {
    const text = `${'word word\n'.repeat(7)}| a | b |\n|:--|--:|\n${numbered(9, (i) => `| row ${i} | x |`)}`
    for (let limit = 88; limit < 200; limit++)
      for (const piece of splitMarkdown(text, { limit }))
        expect(piece).toMatch(/^(?:[word \n]+|(?:[word \n]+\n)?\| a \| b \|\n\|:--\|--:\|(?:\n\| row \d \| x \|)+)$/)
  })

  test('that are over have no head any more', () => {
    const pieces = splitMarkdown(`| a | b |\n|---|---|\n| 1 | 2 |\n\n${'a|b '.repeat(60)}`, { limit: 100 })
    expect(pieces.slice(1).join('')).not.toContain('---')
  })
})

/** Tokens of all depths. */
const allTokens = (tokens: Token[]): Token[] =>
  tokens.flatMap((token) => {
    const inner: Token[] = 'tokens' in token && token.tokens ? token.tokens : []
    const items: Token[] = token.type === 'list' ? token.items : []
    return [token, ...allTokens(inner), ...allTokens(items)]
  })

describe('any text', () => {
  const shard = fc.oneof(
    fc.constantFrom(
      `${FENCE}js\n`,
      `${FENCE}\n`,
      '~~~\n',
      `${FENCE}\`\n`,
      `  ${FENCE}\n`,
      `> ${FENCE}\n`,
      `- ${FENCE}sh\n`,
      '\n\n',
      '\n',
      '\r\n',
      '\r',
      '| a | b |\n|---|---|\n| 1 | 2 |\n',
      '| 3 | 4 |\n',
      '- item\n',
      '    - deep\n',
      '> q\n',
      '# h\n',
      '**b** ',
      '`c` ',
      '```inline``` ',
      '\tword ',
      '     word ',
      FAMILY,
      '🇳🇴',
      'e\u0301',
      'x'.repeat(150),
      'word '.repeat(30),
    ),
    fc.string({ maxLength: 40, unit: 'grapheme' }),
  )
  const document = fc.array(shard, { maxLength: 60, size: 'max' }).map((shards) => shards.join(''))

  test('keeps to the limit, keeps its characters, closes its fences', () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 100, max: 400 }), (text, limit) => {
        expect(check(text, limit).filter((piece) => !isBalanced(piece))).toEqual([])
      }),
      { numRuns: 2000 },
    )
  })

  test('keeps to any limit', () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 16, max: 100 }), (text, limit) => {
        expect(check(text, limit).length === 0).toBe(text.trim() === '')
      }),
      { numRuns: 1000 },
    )
  })

  test('has the same earlier pieces when it grows', () => {
    const anything = fc.oneof(document, fc.string({ unit: 'binary', minLength: 200, maxLength: 600, size: 'max' }))
    fc.assert(
      fc.property(anything, fc.integer({ min: 64, max: 300 }), fc.nat(), (text, limit, length) => {
        const earlier = splitMarkdown(text.slice(0, length % (text.length + 1)), { limit }).slice(0, -1)
        expect(splitMarkdown(text, { limit }).slice(0, earlier.length)).toEqual(earlier)
      }),
      { numRuns: 3000 },
    )
  })

  test('loses no grapheme where nothing is marked up', () => {
    const graphemes = (text: string) =>
      Array.from(new Intl.Segmenter('en').segment(text), ({ segment }) => segment).filter((one) => one.trim() !== '')
    const plain = fc.array(fc.oneof(fc.constantFrom(FAMILY, '🇳🇴', 'e\u0301', '👍🏽', 'क्षि', '日', 'ab', ' ', '\n')), {
      maxLength: 200,
      size: 'max',
    })
    fc.assert(
      fc.property(plain, fc.integer({ min: 16, max: 90 }), (parts, limit) => {
        const text = parts.join('')
        expect(splitMarkdown(text, { limit }).flatMap(graphemes)).toEqual(graphemes(text))
      }),
      { numRuns: 2000 },
    )
  })

  test('shows as code what was code, and nothing else, to a reader of Markdown', () => {
    const words = (letter: string) =>
      fc.integer({ min: 1, max: 30 }).map((count) => `${letter}ord `.repeat(count).trim())
    const code = fc.array(words('c'), { minLength: 1, maxLength: 12, size: 'max' })
    const block = fc.oneof(
      words('w'),
      fc.array(words('w'), { minLength: 1, maxLength: 8 }).map((items) => items.map((item) => `- ${item}`).join('\n')),
      ...['', '  ', '> '].map((lead) =>
        code.map((lines) => [`${FENCE}js`, ...lines, FENCE].map((line) => `${lead}${line}`).join('\n')),
      ),
      code.map((lines) => `1. word\n   - word\n     ${[`${FENCE}sh`, ...lines, FENCE].join('\n     ')}\n   - word`),
      code.map((lines) => `- word\n\n  ~~~~\n  ${lines.join('\n  ')}\n  ~~~~`),
    )
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 12, size: 'max' }),
        fc.integer({ min: 100, max: 400 }),
        (blocks, limit) => {
          for (const piece of splitMarkdown(blocks.join('\n\n'), { limit })) {
            const tokens = allTokens(marked.lexer(piece))
            expect(tokens.filter((token) => token.type === 'code' && token.text.includes('word'))).toEqual([])
            const prose = tokens.filter(({ type }) => type === 'text' || type === 'paragraph')
            expect(prose.filter(({ raw }) => /cord|```|~~~/.test(raw))).toEqual([])
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('much text', () => {
  // Where time grew with the square of the length, each of these would take minutes.
  const long = {
    'a line of a megabyte': 'x'.repeat(1_000_000),
    'a megabyte of words': 'word '.repeat(200_000),
    'a megabyte of blanks': `a${' '.repeat(1_000_000)}b`,
    'a megabyte of blanks in code': `${FENCE}\na${' '.repeat(1_000_000)}b`,
    'a line of code of a megabyte': `${FENCE}\n${'x'.repeat(1_000_000)}\n${FENCE}`,
    'a log of 20 000 lines': `${FENCE}\n${numbered(20_000, (i) => `line ${i} of a big log *x*`)}\n${FENCE}`,
    'a table of 20 000 rows': `| a | b |\n|---|---|\n${numbered(20_000, (i) => `| ${i} | x |`)}`,
    'a hundred thousand blank lines of code': `${FENCE}\n${'\n'.repeat(100_000)}x`,
    'a megabyte of quote marks': '>'.repeat(1_000_000),
  }
  test.each(Object.entries(long))('%s', (_, text) => {
    for (const limit of [300, 4000, 65_000]) {
      const pieces = splitMarkdown(text, { limit })
      expect(pieces.every((piece) => piece.length <= limit)).toBe(true)
      expect(content(pieces.join('')).length).toBeGreaterThanOrEqual(content(text).length)
    }
  })
})
