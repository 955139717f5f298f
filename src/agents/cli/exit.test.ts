import { expect, test } from 'vitest'
import type { Exit } from '../../lib/process.ts'
import { endingFromExit } from './exit.ts'

const exit = (code: number | null, signal: NodeJS.Signals | null = null): Exit => ({ code, signal })

test.each([
  ['exit code 0', exit(0), '', { status: 'done' }],
  ['exit code 1', exit(1), 'no idea', { status: 'failed', why: 'other' }],
  ['exit code 1 with words of a refused key', exit(1), 'HTTP 401', { status: 'failed', why: 'auth' }],
  ['exit code 127', exit(127), '', { status: 'failed', why: 'not_installed' }],
  ['a signal', exit(null, 'SIGSEGV'), '', { status: 'failed', why: 'crashed' }],
  ['a signal that a fence tells as a code', exit(137), '', { status: 'failed', why: 'crashed' }],
  ['no start', { ...exit(null), error: new Error('ENOENT') }, '', { status: 'failed', why: 'not_installed' }],
])('%s', (_name, ended, words, ending) => {
  expect(endingFromExit(ended, words)).toMatchObject(ending)
})
