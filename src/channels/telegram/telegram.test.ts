import { describe, expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { UserError } from '../../lib/errors.ts'
import { telegram as kind } from './telegram.ts'

const create = (settings: Record<string, string>) => kind.create(settings, createTestStore().createHost())
const TOKEN = '123456789:AAExample-token_of_a_bot'

describe('settings', () => {
  test('without a token there is no channel', () => {
    expect(create({})).toBeUndefined()
    expect(create({ TELEGRAM_BOT_TOKEN: '', TELEGRAM_STREAMING_MODE: 'nonsense' })).toBeUndefined()
  })

  test('with a token there is one, which streams', () => {
    expect(create({ TELEGRAM_BOT_TOKEN: TOKEN })).toMatchObject({ name: 'telegram', streaming: 'stream' })
    expect(create({ TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_STREAMING_MODE: 'batch' })).toMatchObject({
      streaming: 'batch',
    })
  })

  test.for([
    [{ TELEGRAM_BOT_TOKEN: 'bot 123' }, /@BotFather/],
    [{ TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_STREAMING_MODE: 'live' }, /stream, batch or chunks/],
    [{ TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_API_URL: 'localhost:8081' }, /TELEGRAM_API_URL/],
    [{ TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_WEBHOOK_URL: '/webhooks/telegram' }, /TELEGRAM_WEBHOOK_URL/],
  ] as const)('%j is refused in a sentence', ([settings, sentence]) => {
    expect(() => create(settings)).toThrow(UserError)
    expect(() => create(settings)).toThrow(sentence)
  })
})

describe('a place that a person gives', () => {
  test.for([
    ['123456789', { tenant: '', room: '123456789', thread: '' }],
    [' -1001234567890 ', { tenant: '', room: '-1001234567890', thread: '' }],
    ['-1001234567890/42', { tenant: '', room: '-1001234567890', thread: '42' }],
    ['@our_group', { tenant: '', room: '@our_group', thread: '' }],
  ] as const)('%s', ([given, place]) => {
    expect(kind.setup.placeOf(given)).toEqual(place)
  })

  test.for(['', 'ada', '12/', 'https://t.me/x'])('%s is none', (given) => {
    expect(() => kind.setup.placeOf(given)).toThrow(UserError)
  })
})
