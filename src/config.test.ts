import { expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { UserError } from './lib/errors.ts'

const problemOf = (env: Record<string, string>) => {
  try {
    readConfig(env, '/data')
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
  return ''
}

test('without any setting everything has a sensible value', () => {
  expect(readConfig({}, '/data')).toMatchObject({
    home: '/data',
    HOST: '127.0.0.1',
    PORT: 3000,
    workspacePath: '/data/workspaces',
    workerTypes: ['general'],
  })
})

test('everything that is wrong is said at once, with the name of the setting', () => {
  const message = problemOf({
    PORT: 'abc',
    LOG_LEVEL: 'loud',
    DROVER_SANDBOX: 'maybe',
    DROVER_GIT_TOKENS: 'no-equals-sign',
    DROVER_WORKER_TYPES: 'Big Type',
    DATABASE_URL: 'mysql://x',
  })
  for (const name of [
    'PORT',
    'LOG_LEVEL',
    'DROVER_SANDBOX',
    'DROVER_GIT_TOKENS',
    'DROVER_WORKER_TYPES',
    'DATABASE_URL',
  ])
    expect(message).toContain(name)
})

test('an empty value means that it is not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: ' ' }, '/data')).toMatchObject({ PORT: 3000 })
  expect(readConfig({ DATABASE_URL: '' }, '/data').DATABASE_URL).toBeUndefined()
})

test('GH_TOKEN serves where GITHUB_TOKEN is not set, and other hosts have tokens of their own', () => {
  expect(
    readConfig({ GH_TOKEN: 'from-gh', DROVER_GIT_TOKENS: 'git.example.com=one, gitlab.com=two' }, '/data').gitTokens,
  ).toEqual({
    'github.com': 'from-gh',
    'git.example.com': 'one',
    'gitlab.com': 'two',
  })
  expect(readConfig({ GH_TOKEN: 'from-gh', GITHUB_TOKEN: 'first' }, '/data').gitTokens['github.com']).toBe('first')
})

test('every secret is known by name, those that only pass through to agents as well', () => {
  const { secrets } = readConfig(
    {
      DATABASE_URL: 'postgres://me:p%40ssword@db/drover',
      GITHUB_TOKEN: 'gh-token',
      DROVER_GIT_TOKENS: 'git.example.com=git-token',
      ANTHROPIC_API_KEY: 'sk-ant',
      HOME: '/home/me',
    },
    '/data',
  )
  expect(Object.values(secrets)).toEqual(expect.arrayContaining(['p@ssword', 'gh-token', 'git-token', 'sk-ant']))
  expect(Object.values(secrets)).not.toContain('/home/me')
})
