import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readLines } from './read-lines.ts'

const read = (chunks: (string | Buffer)[], maxLength = 100) =>
  Array.fromAsync(readLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), maxLength))

test('lines are found across chunks, with either ending, and the last one without', async () => {
  expect(await read(['on', 'e\ntwo\r\n', '\nfour'])).toEqual(['one', 'two', '', 'four'])
})

test('a letter that is split between chunks stays whole', async () => {
  const [first, second] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)]
  expect(await read([first, second])).toEqual(['ü'])
})

test('what a line has beyond the limit is left out', async () => {
  expect(await read(['x'.repeat(60), 'x'.repeat(60), '\nnext\n'])).toEqual(['x'.repeat(100), 'next'])
})
