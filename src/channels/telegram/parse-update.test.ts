import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { OFFERED_COMMANDS } from '../../inbound/commands/registry.ts'
import { menuOf } from './menu.ts'
import { parseUpdate } from './parse-update.ts'

const ME = { id: 8765001111, username: 'drover_bot' }
const NOW = new Date('2026-01-01T00:00:00Z')
const folder = new URL('./fixtures/', import.meta.url)
const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))
const parse = (update: unknown) => parseUpdate(update, ME, NOW)
const parseFixture = (name: string) => parse(fixture(name))

/** A message in a private chat, of which parts are otherwise. */
const messageWith = (parts: Record<string, unknown>) => {
  const update = fixture('private-text') as { message: Record<string, unknown> }
  return { ...update, message: { ...update.message, ...parts } }
}
const textOf = (update: unknown) => {
  const event = parse(update)
  return event.type === 'message' ? event.text : event
}

test('words to the bot alone', () => {
  expect(parseFixture('private-text')).toEqual({
    type: 'message',
    key: '70010001:133',
    place: { channel: 'telegram', tenant: '', room: '70010001', thread: '' },
    actor: { id: '70010001', name: 'ada_l', isBot: false },
    at: '2025-12-31T23:48:08.000Z',
    text: 'fix the login\n\nplease',
    messageId: '133',
    isAddressed: true,
    isPrivate: true,
  })
})

test('somebody without a handle has a name', () => {
  expect(parseFixture('private-nameless')).toMatchObject({ actor: { id: '70010002', name: 'Grace Hopper' } })
})

describe('a command', () => {
  test.for([
    ['command-of-the-menu', '/command-invoke plan my_file.ts', true],
    ['command-with-hyphen', '/command-invoke plan', true],
    ['command-to-us', '/codebase-switch web\nnow', true],
    ['command-to-another-bot', '/status@other_bot', false],
    ['path-that-is-no-command', '/usr/local/bin is not writable', false],
  ] as const)('%s', ([name, text, isAddressed]) => {
    expect(parseFixture(name)).toMatchObject({ text, isAddressed })
  })

  test('to another bot is not ours, though it is said to us alone', () => {
    expect(parse(messageWith({ text: '/status@other_bot' }))).toMatchObject({ isAddressed: false })
  })

  test('keeps underscores behind its first word, and so does what is no command', () => {
    expect(textOf(messageWith({ text: '/command_invoke fix_bug a_b' }))).toBe('/command-invoke fix_bug a_b')
    expect(textOf(messageWith({ text: 'say /command_invoke' }))).toBe('say /command_invoke')
    expect(textOf(messageWith({ text: '/my_folder/a_file' }))).toBe('/my_folder/a_file')
  })

  test('of the menu is one that Telegram takes', () => {
    for (const { command, description } of menuOf(OFFERED_COMMANDS)) {
      expect(command).toMatch(/^[a-z0-9_]{1,32}$/)
      expect(description.length).toBeLessThanOrEqual(256)
    }
  })
})

describe('in a group', () => {
  test.for([
    ['mention-first', 'fix 👩‍👩‍👧 it', true],
    ['mention-within', '👋 please fix it', true],
    ['mention-and-command', '/command-invoke plan', true],
    ['mention-in-code', 'write @drover_bot to call it', false],
    ['mention-of-another', '@drover_bot2 fix it', false],
    ['answer-to-the-bot', 'and the tests?', true],
    ['answer-in-a-chain', 'I think so', false],
    ['photo-with-caption', 'what is wrong here?', true],
  ] as const)('%s', ([name, text, isAddressed]) => {
    expect(parseFixture(name)).toMatchObject({ text, isAddressed })
  })

  test('an answer names what it answers, and a chain of answers is no thread', () => {
    expect(parseFixture('answer-in-a-chain')).toMatchObject({ replyTo: '145', place: { thread: '' } })
  })

  test('a link leads to the message', () => {
    expect(parseFixture('mention-first')).toMatchObject({ link: 'https://t.me/c/2000000042/140' })
    expect(parseFixture('topic-text')).toMatchObject({ link: 'https://t.me/c/2000000043/300/301' })
    expect(parseFixture('private-text')).not.toHaveProperty('link')
  })
})

describe('in a topic', () => {
  test('what answers nobody is not said to the bot, also where the bot made the topic', () => {
    const event = parseFixture('topic-text')
    expect(event).toMatchObject({ isAddressed: false, place: { room: '-1002000000043', thread: '300' } })
    expect(event).not.toHaveProperty('replyTo')
  })

  test('nor where its first message is not shown', () => {
    const update = fixture('topic-text') as { message: { reply_to_message: { forum_topic_created?: unknown } } }
    delete update.message.reply_to_message.forum_topic_created
    expect(parse(update)).toMatchObject({ isAddressed: false })
  })

  test('an answer to the bot is', () => {
    expect(parseFixture('topic-answer-to-the-bot')).toMatchObject({ isAddressed: true, replyTo: '299' })
  })
})

describe('a button', () => {
  test('with its ids, in its thread', () => {
    expect(parseFixture('button')).toEqual({
      type: 'choice',
      key: 'cb:300712345678901234',
      place: { channel: 'telegram', tenant: '', room: '-1002000000043', thread: '300' },
      actor: { id: '70010001', name: 'ada_l', isBot: false },
      at: NOW.toISOString(),
      link: 'https://t.me/c/2000000043/300/160',
      questionId: 'qst_01',
      choiceId: 'allow',
      messageId: '160',
    })
  })

  test('under a message that is too old to be shown', () => {
    expect(parseFixture('button-of-an-old-message')).toMatchObject({
      type: 'choice',
      choiceId: 'deny',
      messageId: '12',
    })
  })
})

describe('a file', () => {
  test.for([
    ['voice', '', { kind: 'voice', name: 'voice.ogg', mediaType: 'audio/ogg', bytes: 14011, seconds: 3 }],
    // Recorded elsewhere: it is about it, not in it, that something is said.
    [
      'audio',
      'what was decided?',
      { kind: 'file', name: 'standup 2026-01-05.mp3', mediaType: 'audio/mpeg', bytes: 2961234, seconds: 185 },
    ],
    ['document', '', { kind: 'file', name: 'trace.pdf', mediaType: 'application/pdf', bytes: 120345 }],
    ['picture-as-document', '', { kind: 'image', name: 'screen.PNG', mediaType: 'image/png', bytes: 220345 }],
    ['video-note', '', { kind: 'file', name: 'video-note.mp4', mediaType: 'video/mp4', bytes: 512345, seconds: 5 }],
    [
      'video',
      'see the flicker',
      { kind: 'file', name: 'bug.mov', mediaType: 'video/quicktime', bytes: 4512345, seconds: 12 },
    ],
    ['photo-of-an-album', '', { kind: 'image', name: 'photo.jpg', mediaType: 'image/jpeg', bytes: 98253 }],
    ['gif', '', { kind: 'file', name: 'giphy.mp4', mediaType: 'video/mp4', bytes: 81234 }],
  ] as const)('%s', ([name, text, attachment]) => {
    const ref = expect.stringMatching(/^\w+$/)
    expect(parseFixture(name)).toMatchObject({ type: 'message', text, attachments: [{ ...attachment, ref }] })
  })

  test('a photo is its largest size that a bot may fetch', () => {
    const sizes = [5, 19_000_000, 21_000_000].map((bytes, index) => ({ file_id: `size${index}`, file_size: bytes }))
    const refOf = (photo: unknown) => parse(messageWith({ photo }))
    expect(refOf(sizes)).toMatchObject({ attachments: [{ ref: 'size1' }] })
    expect(refOf(sizes.slice(2))).toMatchObject({ attachments: [{ ref: 'size2' }] })
  })

  test('that does not read costs no words', () => {
    expect(parse(messageWith({ document: { file_name: 'x' } }))).not.toHaveProperty('attachments')
    expect(parse(messageWith({ voice: { file_id: 'x', duration: -1, file_size: 'big' } }))).toMatchObject({
      text: 'fix the login\n\nplease',
      attachments: [{ kind: 'voice', ref: 'x' }],
    })
  })
})

test.for([
  'sticker',
  'location',
  'said-by-the-bot',
  'edited',
  'channel-post',
  'became-a-supergroup',
  'blocked-by-a-person',
  'topic-made',
  'button-of-somebody-else',
  'button-inline',
])('%s is nothing to us', (name) => {
  expect(parseFixture(name)).toMatchObject({ type: 'ignored', reason: expect.stringMatching(/\w/) })
})

describe('whatever comes', () => {
  const names = readdirSync(folder).map((file) => file.replace('.json', ''))

  test.for(names)('%s reads, with any part of it missing or strange', (name) => {
    for (const strange of [undefined, null, -1, 1e300, '\u0000\ud800', [], {}])
      for (const update of withEachPart(fixture(name), strange))
        expect(parse(update).type).toMatch(/^(message|choice|ignored|unreadable)$/)
  })

  test('what no database takes is taken out', () => {
    const document = { file_id: 'x', file_name: 'a\u0000b\ud800c', mime_type: 'x/\u0000' }
    expect(parse(messageWith({ document }))).toMatchObject({ attachments: [{ name: 'ab\ufffdc', mediaType: 'x/' }] })
    expect(textOf(messageWith({ text: 'a\u0000b\ud800c' }))).toBe('ab\ufffdc')
  })

  test.for([undefined, null, '', 7, [], {}, { update_id: 1 }])('%j is no update', (body) => {
    expect(parse(body).type).toMatch(/^(ignored|unreadable)$/)
  })
})

/** The value with each of its parts, one at a time, replaced. */
function withEachPart(value: unknown, strange: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [strange]
  return Object.entries(value).flatMap(([key, part]) =>
    [strange, ...withEachPart(part, strange)].map((other) =>
      Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other },
    ),
  )
}
