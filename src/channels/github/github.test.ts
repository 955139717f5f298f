import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { github } from './github.ts'

const create = (settings: Record<string, string>) => github.create(settings, createTestStore().createHost())
const TOKEN = { GITHUB_TOKEN: 'ghp_1', WEBHOOK_SECRET: 's' }
const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString()
const APP = { WEBHOOK_SECRET: 's', GITHUB_APP_ID: '12', GITHUB_APP_PRIVATE_KEY: KEY }

describe('settings', () => {
  test.each([{}, { GITHUB_TOKEN: 'ghp_1' }, { GH_TOKEN: 'ghp_1', WEBHOOK_SECRET: ' , ' }])(
    '%j name no channel',
    (given) => {
      expect(create(given)).toBeUndefined()
    },
  )

  test('a secret and a token make a channel, or a secret and an App', () => {
    expect(create(TOKEN)).toMatchObject({ name: 'github', streaming: 'batch' })
    expect(create({ WEBHOOK_SECRET: 's', GH_TOKEN: 'ghp_1', GITHUB_STREAMING_MODE: 'stream' })).toMatchObject({
      streaming: 'stream',
    })
    expect(create(APP)).toMatchObject({ name: 'github' })
    expect(create({ ...APP, GITHUB_APP_PRIVATE_KEY: KEY.replaceAll('\n', String.raw`\n`) })).toMatchObject({
      name: 'github',
    })
  })

  test.each<[Record<string, string>, RegExp]>([
    [{ WEBHOOK_SECRET: 's' }, /GITHUB_TOKEN is missing.*GITHUB_APP_ID/],
    [{ WEBHOOK_SECRET: 's', GITHUB_APP_ID: '12' }, /^GITHUB_APP_PRIVATE_KEY is missing/],
    [{ WEBHOOK_SECRET: 's', GITHUB_APP_PRIVATE_KEY: KEY }, /^GITHUB_APP_ID is missing/],
    [{ ...APP, GITHUB_APP_ID: 'Drover' }, /^GITHUB_APP_ID is Drover/],
    [{ ...APP, GITHUB_APP_PRIVATE_KEY: 'key' }, /is no private key/],
    [{ ...TOKEN, BOT_NAME: 'my bot' }, /^BOT_NAME is my bot/],
    [{ ...TOKEN, GITHUB_STREAMING_MODE: 'loud' }, /stream, batch, chunks/],
    [{ ...TOKEN, GITHUB_API_URL: 'github.com' }, /GITHUB_API_URL must be a URL/],
  ])('%j do not fit together', (given, message) => {
    expect(() => create(given)).toThrow(message)
  })

  test('all that is read is described, and what is secret is marked', () => {
    const isSecret = github.settings.flatMap((setting) => ('isSecret' in setting ? setting.name : []))
    expect(isSecret.toSorted()).toEqual(['GITHUB_APP_PRIVATE_KEY', 'GITHUB_TOKEN', 'WEBHOOK_SECRET'])
    expect(github.settings.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['GITHUB_APP_ID', 'BOT_NAME', 'GITHUB_STREAMING_MODE', 'GITHUB_API_URL']),
    )
  })
})

describe('setup', () => {
  test.each([
    'acme/my.app#12',
    ' https://github.com/acme/my.app/issues/12 ',
    'https://ghe.example.com/acme/my.app/pull/12/files',
    'https://github.com/acme/my.app/issues/12#issuecomment-3',
  ])('%s is a place', (given) => {
    expect(github.setup.placeOf(given)).toEqual({ tenant: '', room: 'acme/my.app', thread: '12' })
  })

  test.each(['', 'acme/app', '#12', 'https://github.com/acme/app'])('%j is none', (given) => {
    expect(() => github.setup.placeOf(given)).toThrow(/is no issue on GitHub/)
  })
})
