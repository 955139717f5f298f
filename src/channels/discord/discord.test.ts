import { describe, expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { discord } from './discord.ts'

const create = (settings: Record<string, string>) => discord.create(settings, createTestStore().createHost())
const TOKEN = 'MTIzNDU2.GaBcDe.a-b_c'

describe('settings', () => {
  test.for([{}, { DISCORD_TOKEN: ' ' }, { DISCORD_STREAMING_MODE: 'batch' }])('%j name no bot', (settings) => {
    expect(create(settings as Record<string, string>)).toBeUndefined()
  })

  test('a token makes a channel', () => {
    expect(create({ DISCORD_TOKEN: TOKEN })).toMatchObject({ name: 'discord', streaming: 'stream' })
    expect(create({ DISCORD_TOKEN: ` Bot ${TOKEN} `, DISCORD_STREAMING_MODE: 'chunks' })).toMatchObject({
      streaming: 'chunks',
    })
    expect(create({ DISCORD_TOKEN: TOKEN, DISCORD_PUBLIC_KEY: 'aB'.repeat(32) })?.receive).toBeTypeOf('function')
  })

  test.for<[Record<string, string>, RegExp]>([
    [{ DISCORD_TOKEN: 'abc' }, /^DISCORD_TOKEN is no bot token/],
    [{ DISCORD_TOKEN: TOKEN, DISCORD_STREAMING_MODE: 'loud' }, /stream, batch or chunks/],
    [{ DISCORD_TOKEN: TOKEN, DISCORD_PUBLIC_KEY: 'abc' }, /64 hexadecimal digits/],
    [{ DISCORD_TOKEN: TOKEN, DISCORD_API_URL: 'discord' }, /^DISCORD_API_URL/],
  ])('%j is refused', ([settings, message]) => {
    expect(() => create(settings)).toThrow(message)
  })

  test('only the token is a secret', () => {
    expect(discord.settings.filter(({ isSecret }) => isSecret).map(({ name }) => name)).toEqual(['DISCORD_TOKEN'])
  })
})

describe('setup', () => {
  test('the invitation asks for what the bot does, and for no more', () => {
    const [, permissions = ''] = /permissions=(\d+)/.exec(discord.setup.steps.join(' ')) ?? []
    // https://docs.discord.com/developers/topics/permissions
    const bits = { view: 10, send: 11, attach: 15, history: 16, createThreads: 35, sendInThreads: 38 }
    expect(BigInt(permissions)).toBe(Object.values(bits).reduce((sum, bit) => sum + 2n ** BigInt(bit), 0n))
  })

  const ID = '123456789012345678'
  const OTHER = '223456789012345678'
  test.for<[string, { tenant: string; room: string; thread: string }]>([
    [ID, { tenant: '', room: ID, thread: '' }],
    [` ${ID}/${OTHER} `, { tenant: '', room: ID, thread: OTHER }],
    [`@${ID}`, { tenant: '', room: `@${ID}`, thread: '' }],
    [`https://discord.com/channels/${ID}/${OTHER}`, { tenant: ID, room: OTHER, thread: '' }],
    [`https://discord.com/channels/@me/${OTHER}`, { tenant: '', room: OTHER, thread: '' }],
  ])('%s is a place', ([given, place]) => {
    expect(discord.setup.placeOf(given)).toEqual(place)
  })

  test.for(['', '#general', '42', `${ID}/`, `@${ID}/${OTHER}`, 'https://example.org'])('%j is none', (given) => {
    expect(() => discord.setup.placeOf(given)).toThrow(/is no place in Discord/)
  })
})
