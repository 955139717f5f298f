import { expect, test } from 'vitest'
import { cleanEnvironment } from './clean-environment.ts'

test('what locates, localises and connects gets through, and what is named; nothing else', () => {
  const wanted = {
    PATH: '/bin',
    LANG: 'C.UTF-8',
    LC_ALL: 'C',
    TZ: 'UTC',
    TERM: 'xterm',
    https_proxy: 'http://proxy',
    NO_PROXY: 'localhost',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    SSL_CERT_DIR: '/certs',
    GEMINI_API_KEY: 'for this agent',
  }
  const ours = {
    GITHUB_TOKEN: 's',
    DATABASE_URL: 's',
    HOME: '/root',
    PATH_SECRET: 's',
    LC_secret: 's',
    UNSET: undefined,
  }
  expect(cleanEnvironment({ ...wanted, ...ours }, ['GEMINI_API_KEY', 'UNSET', 'MISSING'])).toEqual(wanted)
})
