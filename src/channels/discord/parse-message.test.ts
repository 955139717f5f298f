import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseInteraction } from './parse-interaction.ts'
import { OFFERED_COMMANDS } from '../../inbound/commands/registry.ts'
import { parseMessage, type MessageContext } from './parse-message.ts'

const ME = '1200000000000000001'
const ROLE = '1200000000000000002'
const GUILD = '1200000000000000003'
const CHANNEL = '1200000000000000004'
const THREAD = '1200000000000000005'
const DIRECT = '1200000000000000006'
const ADA = { id: '1200000000000000007', name: 'ada', isBot: false }

const folder = new URL('./fixtures/', import.meta.url)
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Record<string, unknown>
const parse = (body: unknown, context: Partial<MessageContext> = {}) =>
  parseMessage(body, {
    me: ME,
    myRole: ROLE,
    guild: '',
    parent: '',
    hasThreads: true,
    commands: OFFERED_COMMANDS,
    ...context,
  })
const parseFixture = (name: string, context: Partial<MessageContext> = {}) => parse(fixture(name), context)
const placeOf = (thread: string, room = CHANNEL, tenant = GUILD) => ({ channel: 'discord', tenant, room, thread })
/** A mention of which parts are otherwise. */
const mentionWith = (parts: Record<string, unknown>) => ({ ...fixture('mention'), ...parts })
const textOf = (content: string, parts: Record<string, unknown> = {}) => {
  const said = parse(mentionWith({ content, ...parts }))
  return said.type === 'message' ? said.text : said
}

test('a mention in a channel begins a conversation in its own thread', () => {
  expect(parseFixture('mention')).toEqual({
    type: 'message',
    key: '1400000000000000101',
    place: placeOf('1400000000000000101'),
    actor: ADA,
    at: '2026-01-05T00:49:53.676Z',
    link: `https://discord.com/channels/${GUILD}/${CHANNEL}/1400000000000000101`,
    text: 'fix the login',
    messageId: '1400000000000000101',
    isAddressed: true,
  })
})

test('where there are no threads it stays in the channel', () => {
  expect(parseFixture('mention', { hasThreads: false })).toMatchObject({ place: placeOf(''), isAddressed: true })
})

test('the role that Discord made for the bot is the bot; other roles are not', () => {
  expect(parseFixture('mention-of-the-role')).toMatchObject({ text: 'fix the login', isAddressed: true })
  expect(parseFixture('mention-of-the-role', { myRole: '' })).toMatchObject({
    text: `<@&${ROLE}>, fix the login`,
    isAddressed: false,
  })
})

test('words to the bot alone', () => {
  expect(parseFixture('direct')).toMatchObject({
    place: placeOf('', DIRECT, ''),
    link: `https://discord.com/channels/@me/${DIRECT}/1400000000000000103`,
    text: 'fix the login\n\nplease',
    isAddressed: true,
  })
})

test('words in a thread belong to the channel of the thread', () => {
  expect(parseFixture('in-thread', { parent: CHANNEL })).toMatchObject({ place: placeOf(THREAD), isAddressed: false })
  const mention = { ...fixture('in-thread'), content: `<@${ME}> go`, mentions: fixture('mention')['mentions'] }
  expect(parse(mention, { parent: CHANNEL })).toMatchObject({ place: placeOf(THREAD), isAddressed: true, text: 'go' })
})

test('an answer to us is for us, though it mentions nobody; to others it is not', () => {
  expect(parseFixture('answer-to-the-bot')).toMatchObject({
    text: 'yes, do',
    isAddressed: true,
    replyTo: '1400000000000000100',
    place: placeOf(''),
  })
  const toOthers = { ...fixture('answer-to-the-bot'), mentions: [], referenced_message: { author: { id: ADA.id } } }
  expect(parse(toOthers)).toMatchObject({ isAddressed: false, replyTo: '1400000000000000100' })
  expect(parse({ ...toOthers, referenced_message: null })).toMatchObject({ isAddressed: false })
})

test('what is forwarded answers nobody', () => {
  const forwarded = { ...fixture('answer-to-the-bot'), type: 0, message_reference: { type: 1, message_id: '14' } }
  expect(parse(forwarded)).not.toHaveProperty('replyTo')
})

describe('a file', () => {
  test('alone is a message, and is found by where it stands', () => {
    expect(parseFixture('with-files')).toMatchObject({
      text: '',
      attachments: [
        {
          kind: 'image',
          ref: `${CHANNEL}/1400000000000000106/1400000000000000201`,
          name: 'screen shot.png',
          mediaType: 'image/png',
          bytes: 12345,
        },
      ],
    })
  })

  test('that Discord’s microphone recorded is a voice; other sound is not', () => {
    const voice = { kind: 'voice', name: 'voice-message.ogg', mediaType: 'audio/ogg', bytes: 20468 }
    expect(parseFixture('voice-message')).toMatchObject({ text: '', attachments: [voice] })
    const [attachment] = fixture('voice-message')['attachments'] as Record<string, unknown>[]
    const song = { ...attachment, waveform: null, filename: 'song.ogg' }
    expect(parse(mentionWith({ attachments: [song] }))).toMatchObject({ attachments: [{ kind: 'file' }] })
  })

  test('comes with the words of a mention', () => {
    const { attachments } = fixture('with-files')
    expect(parse(mentionWith({ attachments }))).toMatchObject({
      text: 'fix the login',
      isAddressed: true,
      place: placeOf('1400000000000000101'),
      attachments: [{ ref: `${CHANNEL}/1400000000000000101/1400000000000000201` }],
    })
  })

  test('that does not read costs no words', () => {
    for (const attachments of ['x', [null], [{ id: '../1' }]])
      expect(parse(mentionWith({ attachments }))).not.toHaveProperty('attachments')
    const strange = [{ id: '1', filename: 'a\0b', size: -1, content_type: 7, duration_secs: 'long' }]
    expect(parse(mentionWith({ attachments: strange }))).toMatchObject({
      text: 'fix the login',
      attachments: [{ kind: 'file', name: 'ab', mediaType: 'application/octet-stream' }],
    })
  })
})

test.for(['by-a-webhook', 'thread-starter', 'somebody-joined'])('%s is nothing to us', (name) => {
  expect(parseFixture(name)).toMatchObject({ type: 'ignored' })
})

test('what the bot says itself, and what has no text, is nothing to us; another bot is a bot', () => {
  expect(parse(mentionWith({ author: { id: ME, username: 'Drover', bot: true } }))).toMatchObject({ type: 'ignored' })
  expect(parse(mentionWith({ content: '', sticker_items: [{ id: '1' }] }))).toMatchObject({ type: 'ignored' })
  expect(parse(mentionWith({ author: { id: '12', username: 'robot', bot: true } }))).toMatchObject({
    actor: { id: '12', name: 'robot', isBot: true },
  })
})

describe('the text of a mention', () => {
  test.for([
    [`<@${ME}>, fix it`, 'fix it'],
    [`<@!${ME}>: fix it`, 'fix it'],
    [`<@${ME}> <@${ME}> fix it`, 'fix it'],
    [`could <@${ME}> fix it?`, 'could fix it?'],
    [`fix it <@${ME}>`, 'fix it'],
    [`<@${ME}>`, ''],
    [`<@${ME}> /command-invoke plan`, '/command-invoke plan'],
    [`<@${ME}> a\n  b`, 'a\n  b'],
    [`<@${ME}> a\0b\ud800`, 'ab\ufffd'],
  ])('%j', ([content, text]) => {
    expect(textOf(content!)).toBe(text)
  })

  test('others are called by their names, where Discord tells them', () => {
    const mentions = [...(fixture('mention')['mentions'] as unknown[]), { id: '55', username: 'bert' }]
    expect(textOf(`<@${ME}> ask <@55> or <@!56>`, { mentions })).toBe('ask @bert or <@!56>')
  })

  test('in code it is none, for Discord does not list it', () => {
    expect(parse(mentionWith({ content: `\`<@${ME}>\``, mentions: [] }))).toMatchObject({
      isAddressed: false,
      text: `\`<@${ME}>\``,
    })
  })
})

test.for([
  ['/status', true],
  ['/command-invoke plan', true],
  ['/usr/bin is not writable', false],
  ['/unknown', false],
  ['say /status', false],
  ['/constructor', false],
] as const)('%j as text is a command: %j', ([content, isAddressed]) => {
  expect(parse(mentionWith({ content, mentions: [] }))).toMatchObject({
    isAddressed,
    text: content,
    place: placeOf(''),
  })
})

test('the history does not name the server', () => {
  const { guild_id: _, ...message } = fixture('mention')
  expect(parse(message, { guild: GUILD })).toEqual(parseFixture('mention'))
})

test.for([null, 'text', {}, { id: 1 }, mentionWith({ timestamp: 'yesterday' }), mentionWith({ id: '../1' })])(
  '%j is unreadable',
  (body) => {
    expect(parse(body)).toMatchObject({ type: 'unreadable' })
  },
)

test('a button that was pressed in a thread', () => {
  expect(parseInteraction(fixture('button-in-thread'))).toEqual({
    handle: { id: '1457536583141163186', token: 'aW50ZXJhY3Rpb246MTIwMDAwMDAwMDAwMDAwMDAwMQ', type: 'button' },
    said: {
      type: 'choice',
      key: '1457536583141163186',
      place: placeOf(THREAD),
      actor: ADA,
      at: '2026-01-05T00:50:01.141Z',
      link: `https://discord.com/channels/${GUILD}/${THREAD}/1457536567810854934`,
      questionId: 'qst_01',
      choiceId: 'deny',
      messageId: '1457536567810854934',
    },
  })
})

test('a button that is not ours is acknowledged, and nothing else', () => {
  for (const custom of ['hello', 'a|b|c', '|a', 'a|']) {
    const pressed = { ...fixture('button-in-thread'), data: { component_type: 2, custom_id: custom } }
    expect(parseInteraction(pressed)).toMatchObject({ said: { type: 'ignored' }, handle: { type: 'button' } })
  }
})

test('a slash command is a message, with its option behind it', () => {
  expect(parseInteraction(fixture('slash-command'))).toMatchObject({
    handle: { type: 'command' },
    said: {
      type: 'message',
      key: '1457536583141163187',
      place: placeOf('', DIRECT, ''),
      actor: ADA,
      text: '/command-invoke plan --fast "two words"',
      isAddressed: true,
    },
  })
  const bare = { ...fixture('slash-command'), data: { name: 'status', type: 1 } }
  expect(parseInteraction(bare).said).toMatchObject({ text: '/status' })
})

test.for([null, {}, { ...fixture('slash-command'), type: 4 }, { ...fixture('slash-command'), type: 5 }])(
  'an interaction that is neither a command nor a button has no answer',
  (body) => {
    expect(parseInteraction(body).handle).toBeUndefined()
    expect(['ignored', 'unreadable']).toContain(parseInteraction(body).said.type)
  },
)

test('whatever is left out of a fixture, nothing is thrown', () => {
  for (const name of readdirSync(folder)) {
    const whole = fixture(name.replace('.json', ''))
    for (const key of Object.keys(whole)) {
      for (const value of [undefined, null, 1, 'x', [], {}]) {
        expect(() => parse({ ...whole, [key]: value })).not.toThrow()
        expect(() => parseInteraction({ ...whole, [key]: value })).not.toThrow()
      }
    }
  }
})
