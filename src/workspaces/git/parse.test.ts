import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseBundleHeader } from './bundle.ts'
import { parseAnswers } from './push.ts'

const SHA = 'a'.repeat(40)

test('a bundle header names its refs and where the pack begins', () => {
  const header = `# v2 git bundle\n-${SHA} a subject\n${SHA} refs/drover/wsp_1/checkpoint\n\n`
  expect(parseBundleHeader(Buffer.from(`${header}PACK`))).toEqual({
    refs: [{ sha: SHA, ref: 'refs/drover/wsp_1/checkpoint' }],
    packOffset: header.length,
  })
})

test.each([
  ['', 'nothing'],
  [`# v2 git bundle\n${SHA} refs/x\n`, 'no end'],
  [`# v3 git bundle\n@filter=blob:none\n${SHA} refs/x\n\n`, 'another version'],
  [`# v2 git bundle\n${SHA} HEAD\n\n`, 'a ref outside refs/'],
  [`# v2 git bundle\nshort refs/x\n\n`, 'no commit'],
])('%j is no bundle: %s', (text) => {
  expect(parseBundleHeader(Buffer.from(text))).toBeUndefined()
})

test('no bytes make the parser throw', () => {
  const parse = (bytes: Uint8Array) => void parseBundleHeader(Buffer.from(bytes))
  expect(() => fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), parse))).not.toThrow()
})

test('what a remote answers to a push is read ref by ref', () => {
  const text = [
    'To https://github.com/o/r',
    '*\t1111:refs/heads/drover/x\t[new branch]',
    '=\t2222:refs/heads/same\t[up to date]',
    '!\t3333:refs/heads/main\t[remote rejected] (protected branch hook declined)',
    '!\t+4444:refs/drover/wsp_1/checkpoint\t[remote rejected] (deny updating a hidden ref)',
    'Done',
  ].join('\n')
  expect(parseAnswers(text)).toEqual([
    { ref: 'refs/heads/drover/x', isTaken: true, why: '[new branch]' },
    { ref: 'refs/heads/same', isTaken: true, why: '[up to date]' },
    { ref: 'refs/heads/main', isTaken: false, why: '[remote rejected] (protected branch hook declined)' },
    { ref: 'refs/drover/wsp_1/checkpoint', isTaken: false, why: '[remote rejected] (deny updating a hidden ref)' },
  ])
})
