import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UserError } from '../../lib/errors.ts'
import { parseRemote } from './remote.ts'

test.each([
  ['/srv/repo', { kind: 'path', url: '/srv/repo' }],
  ['file:///srv/my%20repo', { kind: 'path', url: '/srv/my repo' }],
  ['https://github.com/o/r.git', { kind: 'http', url: 'https://github.com/o/r.git', origin: 'https://github.com' }],
  [
    'https://git.example:8443/r',
    { kind: 'http', url: 'https://git.example:8443/r', origin: 'https://git.example:8443' },
  ],
  ['http://127.0.0.1:9418/r', { kind: 'http', url: 'http://127.0.0.1:9418/r', origin: 'http://127.0.0.1:9418' }],
  ['http://localhost/r', { kind: 'http', url: 'http://localhost/r', origin: 'http://localhost' }],
  ['ssh://git@host:2222/o/r', { kind: 'ssh', url: 'ssh://git@host:2222/o/r', host: 'host' }],
  ['git@github.com:o/r.git', { kind: 'ssh', url: 'git@github.com:o/r.git', host: 'github.com' }],
  ['host:r', { kind: 'ssh', url: 'host:r', host: 'host' }],
])('%s is understood', (text, address) => {
  expect(parseRemote(text)).toEqual(address)
})

test.each([
  '',
  'repo',
  './repo',
  '../repo',
  '~/repo',
  '-u./payload',
  '--upload-pack=touch /tmp/x',
  'ext::sh -c true',
  'ext::sh%20-c%20true',
  'fd::17',
  'git://host/r',
  'ftp://host/r',
  'http://host/r',
  'http://127.0.0.1.evil.net/r',
  'https://host/r#x',
  'https://host/r?x=1',
  'file://host/r',
  'ssh://-oProxyCommand=x/r',
  'ssh://-oProxyCommand=x@host/r',
  'ssh://%2doProxyCommand=x@host/r',
  '-oProxyCommand=x:r',
  'host:-r',
  'git@-host:r',
  'host::r',
  '/a\nb',
  '/a\0b',
])('%j is refused, with what would be right', (text) => {
  expect(() => parseRemote(text)).toThrow(
    expect.objectContaining({ code: 'repository-address', message: expect.stringMatching(/https:\/\//) }),
  )
})

test.each([
  'https://user:pa55word@host/r',
  'https://pa55word@host/r',
  'http://a:pa55word@localhost/r',
  'ssh://git:pa55word@host/r',
])('credentials in an address are refused without being repeated: %s', (text) => {
  expect(() => parseRemote(text)).toThrow(
    expect.objectContaining({ code: 'repository-credentials', message: expect.not.stringContaining('pa55word') }),
  )
})

test('whatever is accepted can be no option, no helper, and carries no password', () => {
  const piece = fc.constantFrom(
    '-',
    'ext',
    ':',
    '::',
    '/',
    '//',
    '@',
    'host',
    'https',
    'ssh',
    'file',
    'http',
    '127.0.0.1',
    '%2d',
    '\n',
    ' ',
    'a',
    '.',
    '..',
    '#',
    '?',
    '[',
    ']',
    '~',
    '\0',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(text, (candidate) => {
      const url = accepted(candidate)
      fc.pre(url !== undefined)
      expect(url).not.toMatch(/^-|^[a-z][a-z\d+.-]*::|[\n\0]/i)
      expect(url).toMatch(/^(\/|https:\/\/|http:\/\/|ssh:\/\/|[\w.@-]+:|[\w.@-]*\[[\da-f:]+\]:)/i)
    }),
    { numRuns: 500, maxSkipsPerRun: 1000 },
  )
})

/** The address that is handed to git, or undefined when it is refused, as a `UserError` and in no other way. */
function accepted(text: string): string | undefined {
  try {
    return parseRemote(text).url
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}
