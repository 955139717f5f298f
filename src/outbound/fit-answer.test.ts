import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitAnswer } from './fit-answer.ts'
import { splitMarkdown } from './split-markdown.ts'

const limits = { text: 300, pieces: 3, fileBytes: 1_000_000 }
const whereWhole = 'drover task show tsk_1'
const lines = (count: number) => Array.from({ length: count }, (_, i) => `Line ${i} of the answer, häppy.`).join('\n')

test('an answer that fits is one piece', () => {
  expect(fitAnswer('All **done**.', limits, whereWhole)).toEqual({ pieces: ['All **done**.'] })
  expect(fitAnswer('', limits, whereWhole)).toEqual({ pieces: [] })
})

test('as many pieces as the channel wants are sent as they are', () => {
  const answer = lines(25)
  const { pieces, file } = fitAnswer(answer, limits, whereWhole)
  expect(pieces).toHaveLength(3)
  expect(pieces).toEqual(splitMarkdown(answer, { limit: limits.text }))
  expect(file).toBeUndefined()
})

describe('too many pieces', () => {
  const answer = lines(200)

  test('become one, which names the file with all of it', () => {
    const { pieces, file } = fitAnswer(answer, limits, whereWhole)
    expect(pieces).toHaveLength(1)
    expect(pieces[0]).toMatch(
      /^Line 0 of the answer, häppy\.\n[^]+\n\nThe whole answer is in the file answer\.md \(6 kB\)\.$/,
    )
    expect(pieces[0]?.length).toBeLessThanOrEqual(limits.text)
    expect(file).toMatchObject({ name: 'answer.md', mediaType: 'text/markdown' })
    expect(new TextDecoder().decode(file?.content)).toBe(answer)
  })

  test('are cut off where the channel takes no files, and say how much is missing and where it is', () => {
    const { pieces, file } = fitAnswer(answer, { text: 1000, pieces: 3, fileBytes: 0 }, whereWhole)
    expect(file).toBeUndefined()
    expect(pieces).toHaveLength(3)
    expect(pieces.slice(0, 2)).toEqual(splitMarkdown(answer, { limit: 1000 }).slice(0, 2))
    // Of 6.3 kB.
    expect(pieces[2]).toMatch(/\n\n3 kB more are left out here\. All of it: drover task show tsk_1$/)
    expect(pieces[2]?.length).toBeLessThanOrEqual(1000)
  })

  test('are cut off where the file would be too large, counted in bytes', () => {
    const bytes = Buffer.byteLength(answer)
    expect(bytes).toBeGreaterThan(answer.length)
    expect(fitAnswer(answer, { ...limits, fileBytes: bytes }, whereWhole).file).toBeDefined()
    const { pieces, file } = fitAnswer(answer, { ...limits, fileBytes: bytes - 1 }, whereWhole)
    expect(file).toBeUndefined()
    expect(pieces.at(-1)).toContain('left out')
  })

  test('close their fence in front of the note', () => {
    const code = `\`\`\`js\n${answer}\n\`\`\``
    expect(fitAnswer(code, limits, whereWhole).pieces[0]).toMatch(/^```js\n[^`]+\n```\n\nThe whole/)
    expect(fitAnswer(code, { ...limits, fileBytes: 0 }, whereWhole).pieces[2]).toMatch(
      /^```js\n[^`]+\n```\n\n\d kB more/,
    )
  })

  test('may be no more than one', () => {
    const { pieces } = fitAnswer(answer, { text: 300, pieces: 1, fileBytes: 0 }, whereWhole)
    expect(pieces).toHaveLength(1)
    expect(pieces[0]).toMatch(/^Line 0 [^]+6 kB more are left out/)
  })
})

test('whatever the answer, no limit is broken', () => {
  const part = fc.oneof(fc.constantFrom('```js\n', '```\n', '\n\n', 'word '.repeat(20), '👩‍👩‍👧‍👦'), fc.string())
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 150, max: 600 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(0, 500, 1_000_000),
      (parts, text, most, fileBytes) => {
        const { pieces, file } = fitAnswer(parts.join(''), { text, pieces: most, fileBytes }, whereWhole)
        expect(pieces.length).toBeLessThanOrEqual(most)
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(text)
        expect(file?.content.length ?? 0).toBeLessThanOrEqual(fileBytes)
      },
    ),
    { numRuns: 1000 },
  )
})
