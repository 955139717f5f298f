/** That the fake bites where the platform does. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { startTelegram, type TelegramOptions } from './start-telegram.ts'

interface Answer {
  ok: boolean
  result?: unknown
  error_code?: number
  description?: string
  parameters?: unknown
}

async function openStage(options?: TelegramOptions) {
  const telegram = await startTelegram(options)
  const ada = telegram.people.add(7001, 'Ada')
  const chat = telegram.people.privateChat(ada)
  async function call(method: string, params: Record<string, unknown> = {}, token = telegram.token): Promise<Answer> {
    const response = await fetch(`${telegram.url}/bot${token}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(params),
    })
    return (await response.json()) as Answer
  }
  return {
    telegram,
    chat,
    call,
    people: telegram.people,
    say: (text: string) => telegram.people.say(ada, chat, text),
    press: (id: number, label: string) => telegram.people.press(ada, chat, id, label),
    send: (params: Record<string, unknown>) => call('sendMessage', { chat_id: chat, ...params }),
    edit: (params: Record<string, unknown>) => call('editMessageText', { chat_id: chat, ...params }),
    poll: async (params: Record<string, unknown> = {}) =>
      (await call('getUpdates', params)).result as { update_id: number }[],
    [Symbol.asyncDispose]: telegram.stop,
  }
}

const idOf = ({ result }: Answer) => (result as { message_id: number }).message_id
const keyboard = (callback_data: string) => ({ inline_keyboard: [[{ text: 'A', callback_data }]] })

describe('updates', () => {
  test('come again until a higher offset confirms them, and never after', async () => {
    await using stage = await openStage()
    stage.say('one')
    stage.say('two')
    const [first, second] = await stage.poll()
    expect(await stage.poll({ offset: first!.update_id })).toHaveLength(2)
    expect(await stage.poll({ offset: second!.update_id })).toHaveLength(1)
    expect(await stage.poll({ offset: 0 })).toHaveLength(1)
    expect(await stage.poll({ offset: second!.update_id + 1 })).toEqual([])
  })

  test('wait for somebody who speaks', async () => {
    await using stage = await openStage()
    const waiting = stage.poll({ timeout: 25 })
    await expect.poll(stage.telegram.updates.pollers).toBe(1)
    stage.say('at last')
    expect(await waiting).toHaveLength(1)
  })

  test('go to the newer of two that ask, and the older is told', async () => {
    await using stage = await openStage()
    const older = stage.call('getUpdates', { timeout: 25 })
    await expect.poll(stage.telegram.updates.pollers).toBe(1)
    const newer = stage.poll({ timeout: 25 })
    expect(await older).toMatchObject({ error_code: 409, description: expect.stringContaining('other getUpdates') })
    stage.say('hello')
    expect(await newer).toHaveLength(1)
  })

  test('are only of the kinds that were asked for', async () => {
    await using stage = await openStage()
    await stage.poll({ allowed_updates: ['message'] })
    stage.people.amend(stage.say('one'), 'two')
    expect(await stage.poll()).toHaveLength(1)
  })

  test('are posted to a webhook with its secret until it takes them, and cannot be asked for meanwhile', async () => {
    await using stage = await openStage()
    const posts: unknown[] = []
    const server = createServer((request, response) => {
      posts.push(request.headers['x-telegram-bot-api-secret-token'])
      response.writeHead(posts.length < 3 ? 503 : 200).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    await stage.call('setWebhook', { url, secret_token: 's3cret' })
    stage.say('one')
    await expect.poll(() => posts).toEqual(['s3cret', 's3cret', 's3cret'])
    await expect.poll(stage.telegram.updates.waiting).toEqual([])
    expect(await stage.call('getUpdates')).toMatchObject({ error_code: 409 })
    expect((await stage.call('getWebhookInfo')).result).toMatchObject({
      last_error_message: expect.stringContaining('503'),
    })
    server.close()
  })
})

describe('a text', () => {
  test('has 4096 units at most, sent or edited', async () => {
    await using stage = await openStage()
    const id = idOf(await stage.send({ text: 'x'.repeat(4096) }))
    expect(await stage.send({ text: 'x'.repeat(4097) })).toMatchObject({
      description: 'Bad Request: message is too long',
    })
    expect(await stage.edit({ message_id: id, text: '👩'.repeat(2049) })).toMatchObject({
      description: 'Bad Request: MESSAGE_TOO_LONG',
    })
    expect(await stage.send({ text: ' \n ' })).toMatchObject({ description: 'Bad Request: message text is empty' })
  })

  test.for([
    { type: 'bold', offset: 0, length: 9 },
    { type: 'bold', offset: -1, length: 1 },
    { type: 'bold', offset: 0, length: 0 },
    { type: 'bold', offset: 1, length: 1 },
  ])('with an entity that does not fit is refused: %j', async (entity) => {
    await using stage = await openStage()
    expect(await stage.send({ text: '👩x', entities: [entity] })).toMatchObject({ ok: false, error_code: 400 })
  })

  test('notifies whom it names, but not in code', async () => {
    await using stage = await openStage()
    const entities = [
      { type: 'code', offset: 0, length: 4 },
      { type: 'text_link', offset: 16, length: 1, url: 'tg://user?id=5' },
    ]
    await stage.send({ text: '@eve @ada a@b.c x', entities })
    expect(stage.people.messages(stage.chat)[0]?.notified).toEqual(['@ada', '5'])
  })
})

describe('a message', () => {
  test('that looks so already is not modified', async () => {
    await using stage = await openStage()
    const id = idOf(await stage.send({ text: 'a', reply_markup: keyboard('q|a') }))
    const edit = { message_id: id, text: ' a ', reply_markup: keyboard('q|a') }
    expect(await stage.edit(edit)).toMatchObject({ description: expect.stringContaining('message is not modified') })
    expect(await stage.edit({ message_id: id, text: 'a' })).toMatchObject({ ok: true })
    expect(stage.people.messages(stage.chat)[0]).toMatchObject({ buttons: [], history: ['a', 'a'] })
  })

  test('that is not there, or not ours, cannot be edited', async () => {
    await using stage = await openStage()
    expect(await stage.edit({ message_id: 1, text: 'x' })).toMatchObject({
      description: 'Bad Request: message to edit not found',
    })
    expect(await stage.edit({ message_id: stage.say('mine'), text: 'x' })).toMatchObject({
      description: "Bad Request: message can't be edited",
    })
  })

  test('has 64 bytes for a button', async () => {
    await using stage = await openStage()
    expect(await stage.send({ text: 'a', reply_markup: keyboard('é'.repeat(32)) })).toMatchObject({ ok: true })
    expect(await stage.send({ text: 'a', reply_markup: keyboard('é'.repeat(33)) })).toMatchObject({
      description: 'Bad Request: BUTTON_DATA_INVALID',
    })
  })

  test('comes once a second in a chat', async () => {
    await using stage = await openStage({ isPaced: true })
    await stage.send({ text: 'a' })
    expect(await stage.send({ text: 'b' })).toMatchObject({ error_code: 429, parameters: { retry_after: 1 } })
  })

  test('does not reach a topic or a chat that is not there', async () => {
    await using stage = await openStage()
    expect(await stage.send({ text: 'a', message_thread_id: 5 })).toMatchObject({
      description: 'Bad Request: message thread not found',
    })
    expect(await stage.send({ chat_id: 5, text: 'a' })).toMatchObject({ description: 'Bad Request: chat not found' })
    stage.people.throwOut(stage.chat)
    expect(await stage.send({ text: 'a' })).toMatchObject({ error_code: 403 })
  })
})

test('a button is acknowledged once, and not too late', async () => {
  await using stage = await openStage()
  const id = idOf(await stage.send({ text: 'a', reply_markup: keyboard('q|a') }))
  const acknowledge = (query: string) => stage.call('answerCallbackQuery', { callback_query_id: query })
  const query = stage.press(id, 'A')
  expect(await acknowledge(query)).toMatchObject({ ok: true })
  expect(await acknowledge(query)).toMatchObject({ error_code: 400 })
  const late = stage.press(id, 'A')
  stage.people.expireCallbacks()
  expect(await acknowledge(late)).toMatchObject({ description: expect.stringContaining('query is too old') })
})

test('a menu has no hyphens, a token no other letters, and a method is one that there is', async () => {
  await using stage = await openStage()
  const commands = [{ command: 'command-invoke', description: 'x' }]
  expect(await stage.call('setMyCommands', { commands })).toMatchObject({
    description: 'Bad Request: BOT_COMMAND_INVALID',
  })
  expect(await stage.call('getMe', {}, '111:other')).toMatchObject({ error_code: 401 })
  expect(await stage.call('getYou')).toMatchObject({ error_code: 404, description: 'Not Found: method not found' })
})

test('a file lies ready when its way was asked for, for the bot alone, and up to 20 MB', async () => {
  await using stage = await openStage()
  const { telegram, people, chat } = stage
  const send = (bytes: number) => {
    const document = { name: 'a.bin', mediaType: 'application/zip', content: Buffer.alloc(bytes, 1) }
    return people.say({ id: 7001, first_name: 'Ada' }, chat, '', { document })
  }
  const open = (fileId: string) => stage.call('getFile', { file_id: fileId })
  const statusOf = async (path: string, token = telegram.token) =>
    (await fetch(`${telegram.url}/file/bot${token}/${path}`)).status
  const [small, large] = [send(1000), send(21 * 1024 * 1024)]
  expect(await statusOf(`documents/file_${small}.bin`)).toBe(404)
  const { file_path: path } = (await open(`document-${small}`)).result as { file_path: string }
  expect(await statusOf(path)).toBe(200)
  expect(await statusOf(path, '111:other')).toBe(401)
  expect(await open(`document-${large}`)).toMatchObject({ description: 'Bad Request: file is too big' })
  expect(await open('document-1')).toMatchObject({ description: 'Bad Request: invalid file_id' })
})
