import { describe, expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { startTelegram, type TelegramOptions } from '../../../test/fakes/telegram/start-telegram.ts'
import type { Outgoing, Place } from '../channel.ts'
import { telegram as kind } from './telegram.ts'
import { failureOf } from '../../../test/channel-kit.ts'

async function openStage(options?: TelegramOptions) {
  const telegram = await startTelegram(options)
  const settings = { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_URL: telegram.url }
  const channel = kind.create(settings, createTestStore().createHost())!
  const chat = telegram.people.privateChat(telegram.people.add(7001, 'Ada'))
  const at = (room: number, thread = ''): Place => ({ channel: 'telegram', tenant: '', room: String(room), thread })
  return {
    telegram,
    channel,
    people: telegram.people,
    alone: at(chat),
    at,
    shown: () => telegram.people.messages(chat),
    calls: () => telegram.calls.map(({ method }) => method),
    send: (place: Place, message: Outgoing, idempotencyKey = 'k') =>
      channel.send(place, message, { idempotencyKey, signal: AbortSignal.timeout(30_000) }),
    edit: (place: Place, id: string, message: Outgoing) =>
      channel.edit(place, id, message, AbortSignal.timeout(30_000)),
    [Symbol.asyncDispose]: telegram.stop,
  }
}

const file = { name: 'a.diff', mediaType: 'text/x-diff', content: Buffer.from('+1') }

describe('a message', () => {
  test('has no preview of links, and is silent where it may be', async () => {
    await using stage = await openStage()
    await stage.send(stage.alone, { markdown: 'https://x.y' })
    await stage.send(stage.alone, { markdown: 'quietly', isQuiet: true, file })
    expect(stage.shown().map(({ isSilent, hasPreview }) => [isSilent, hasPreview])).toEqual([
      [false, false],
      [true, false],
      [true, false],
    ])
  })

  test('whose formatting is refused goes without it, sent or edited', async () => {
    await using stage = await openStage()
    const refusal = {
      kind: 'refusal',
      code: 400,
      description: "Bad Request: can't parse entities: ENTITY_BOUNDS_INVALID",
    } as const
    stage.telegram.fail(['sendMessage', 'editMessageText'], refusal)
    const id = await stage.send(stage.alone, { markdown: '**bold** @ada' })
    expect(stage.shown()).toMatchObject([{ text: '**bold** @\u200Bada', entities: [], notified: [] }])
    stage.telegram.fail(['sendMessage', 'editMessageText'], refusal)
    await stage.edit(stage.alone, id, { markdown: '_done_' })
    expect(stage.shown()).toMatchObject([{ text: '_done_', entities: [] }])
  })

  test('goes into its topic', async () => {
    await using stage = await openStage()
    const forum = stage.people.group({ isForum: true })
    const thread = stage.people.topic(forum, 'Ideas')
    await stage.send(stage.at(forum, String(thread)), { markdown: 'here', file })
    await stage.send(stage.at(forum), { markdown: 'there' })
    expect(stage.people.messages(forum).map((message) => message.thread)).toEqual([thread, thread, undefined])
  })

  test('with nothing in it is invalid', async () => {
    await using stage = await openStage()
    expect((await failureOf(stage.send(stage.alone, { markdown: ' \n' }))).kind).toBe('invalid')
  })

  test('with ids that no button can carry is invalid, and not sent', async () => {
    await using stage = await openStage()
    const choices = { questionId: 'q'.repeat(64), options: [{ id: 'a', label: 'A' }] }
    expect((await failureOf(stage.send(stage.alone, { markdown: 'x', choices }))).kind).toBe('invalid')
    expect((await failureOf(stage.edit(stage.alone, '1', { markdown: 'x', choices }))).kind).toBe('invalid')
    expect(stage.calls()).toEqual([])
  })

  test('is sent once, whatever the platform answers', async () => {
    await using stage = await openStage()
    for (const fault of [{ kind: 'bad-gateway' }, { kind: 'drop-after' }, { kind: 'rate', seconds: 3 }] as const) {
      stage.telegram.fail(['sendMessage'], fault)
      await failureOf(stage.send(stage.alone, { markdown: 'x' }))
    }
    expect(stage.calls()).toEqual(['sendMessage', 'sendMessage', 'sendMessage'])
  })
})

describe('a file', () => {
  test('that fails behind its text is sent alone the next time', async () => {
    await using stage = await openStage()
    stage.telegram.fail(['sendDocument'], { kind: 'rate', seconds: 2 })
    const message = { markdown: 'The change:', file }
    expect(await failureOf(stage.send(stage.alone, message))).toMatchObject({ kind: 'rate', retryAfterMs: 2000 })
    const id = await stage.send(stage.alone, message)
    await stage.send(stage.alone, message, 'another')
    expect(stage.shown().map(({ text, document }) => text || document?.name)).toEqual([
      'The change:',
      'a.diff',
      'The change:',
      'a.diff',
    ])
    expect(stage.shown()[0]?.id).toBe(Number(id))
  })

  test('of more than Telegram takes is invalid', async () => {
    await using stage = await openStage()
    const content = new Uint8Array(stage.channel.limits.fileBytes + 1)
    const error = await failureOf(stage.send(stage.alone, { markdown: '', file: { ...file, content } }))
    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('Too Large') })
  })

  test('arrives byte by byte', async () => {
    await using stage = await openStage()
    const content = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256)
    await stage.send(stage.alone, { markdown: '', file: { ...file, name: 'ünï; "code"\r\nx: y.bin', content } })
    const { document } = stage.shown()[0]!
    expect(document?.name).toBe('ünï; _code___x: y.bin')
    expect(document?.content.equals(content)).toBe(true)
  })
})

describe('what is refused', () => {
  test.for([
    [401, 'Unauthorized', 'auth'],
    [404, 'Not Found', 'auth'],
    [404, 'Not Found: method not found', 'invalid'],
    [403, 'Forbidden: bot was blocked by the user', 'gone'],
    [403, 'Forbidden: bot is not a member of the supergroup chat', 'gone'],
    [400, 'Bad Request: chat not found', 'gone'],
    [400, 'Bad Request: message thread not found', 'gone'],
    [400, 'Bad Request: TOPIC_CLOSED', 'gone'],
    [400, 'Bad Request: message to edit not found', 'gone'],
    [400, "Bad Request: message can't be edited", 'gone'],
    [400, 'Bad Request: not enough rights to send text messages to the chat', 'invalid'],
    [400, 'Bad Request: message text is empty', 'invalid'],
    [413, 'Request Entity Too Large', 'invalid'],
    [409, 'Conflict: terminated by other getUpdates request', 'transient'],
    [500, 'Internal Server Error', 'transient'],
    [502, 'Bad Gateway', 'transient'],
  ] as const)('%d %s is %s', async ([code, description, expected]) => {
    await using stage = await openStage()
    stage.telegram.fail(['sendMessage'], { kind: 'refusal', code, description })
    const error = await failureOf(stage.send(stage.alone, { markdown: 'x' }))
    expect(error).toMatchObject({ kind: expected, message: expect.stringContaining(description) })
  })

  test('a wrong token is said to be TELEGRAM_BOT_TOKEN', async () => {
    await using stage = await openStage()
    stage.telegram.setTokenValid(false)
    expect((await failureOf(stage.send(stage.alone, { markdown: 'x' }))).message).toContain('TELEGRAM_BOT_TOKEN')
  })

  test('a group that became a supergroup is gone, with its new id', async () => {
    await using stage = await openStage()
    const group = stage.people.group({ type: 'group' })
    const next = stage.people.migrate(group)
    const error = await failureOf(stage.send(stage.at(group), { markdown: 'x' }))
    expect(error).toMatchObject({ kind: 'gone', message: expect.stringContaining(String(next)) })
  })

  test('a closed topic is gone', async () => {
    await using stage = await openStage()
    const forum = stage.people.group({ isForum: true })
    const thread = stage.people.topic(forum, 'Ideas')
    stage.people.closeTopic(forum, thread)
    expect((await failureOf(stage.send(stage.at(forum, String(thread)), { markdown: 'x' }))).kind).toBe('gone')
  })

  test('too many in a second are told when to come back', async () => {
    await using stage = await openStage({ isPaced: true })
    await stage.send(stage.alone, { markdown: 'one' })
    const error = await failureOf(stage.send(stage.alone, { markdown: 'two' }))
    expect(error).toMatchObject({ kind: 'rate', retryAfterMs: 1000 })
  })

  test('an unreachable platform is transient, and its URL with the token is in no part of the error', async () => {
    await using stage = await openStage()
    await stage.telegram.stop()
    const error = await failureOf(stage.send(stage.alone, { markdown: 'x' }))
    expect(error).toMatchObject({ kind: 'transient', message: expect.stringContaining('ECONNREFUSED') })
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(stage.telegram.token)
  })

  test('a platform that never answers is given up when nobody waits any more', async () => {
    await using stage = await openStage()
    stage.telegram.fail(['sendMessage'], { kind: 'silence' })
    const options = { idempotencyKey: 'k', signal: AbortSignal.timeout(300) }
    expect((await failureOf(stage.channel.send(stage.alone, { markdown: 'x' }, options))).kind).toBe('transient')
  })

  test('a platform that never answers is given up after fifteen seconds', async () => {
    await using stage = await openStage()
    stage.telegram.fail(['sendMessage'], { kind: 'silence' })
    const error = await failureOf(stage.send(stage.alone, { markdown: 'x' }))
    expect(error).toMatchObject({ kind: 'transient', message: expect.stringContaining('15 s') })
  })
})
