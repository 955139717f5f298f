/**
 * Telegram by telegram-test-api, a stand-in that others wrote: it knows less than ours, and nothing of what we believe. It has no
 * long polls, confirms what it hands out, and refuses methods that it does not know, such as setMyCommands.
 */

import { expect, test } from 'vitest'
import { TelegramServer } from 'telegram-test-api/lib/telegramServer.js'
import type { Channel, Place } from '../src/channels/channel.ts'
import { telegram as kind } from '../src/channels/telegram/telegram.ts'
import { createTestStore } from './channel-host.ts'
import { freePort } from './free-port.ts'

const TOKEN = '111:judge'
const PLACE: Place = { channel: 'telegram', tenant: '', room: '42', thread: '' }

async function openStage() {
  const server = new TelegramServer({ host: '127.0.0.1', port: await freePort() })
  await server.start()
  const store = createTestStore()
  const host = store.createHost()
  const channel = kind.create({ TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_API_URL: server.config.apiURL }, host)!
  const running = channel.start()
  await expect.poll(host.isUp).toBe(true)
  return {
    server,
    store,
    channel,
    client: server.getClient(TOKEN, { chatId: 42, userId: 42, userName: 'ada', firstName: 'Ada' }),
    /** What the bot has sent, as it looks now. */
    shown: () => server.storage.botMessages.map(({ messageId, message }) => ({ ...message, messageId })),
    async [Symbol.asyncDispose]() {
      await running.stop()
      await server.stop()
    },
  }
}

const send = (channel: Channel, message: Parameters<Channel['send']>[1]) =>
  channel.send(PLACE, message, { idempotencyKey: 'k', signal: AbortSignal.timeout(30_000) })

test('it says who it is', async () => {
  await using stage = await openStage()
  expect(await stage.channel.check()).toBe('Telegram bot @TestNameBot')
})

test('a message is parsed and stored', async () => {
  await using stage = await openStage()
  const { client, store } = stage
  await client.sendMessage(client.makeMessage('fix the login'))
  await expect
    .poll(() => store.events)
    .toMatchObject([
      { type: 'message', text: 'fix the login', isAddressed: true, place: PLACE, actor: { id: '42', name: 'ada' } },
    ])
})

test('a command is parsed and stored', async () => {
  await using stage = await openStage()
  const { client, store } = stage
  await client.sendCommand(client.makeCommand('/command_invoke plan'))
  await expect.poll(() => store.events).toMatchObject([{ text: '/command-invoke plan', isAddressed: true }])
})

test('a message with buttons is sent, a button is pressed, and the message is edited', async () => {
  await using stage = await openStage()
  const { client, store, channel } = stage
  const options = [{ id: 'allow', label: 'Allow' }]
  const messageId = await send(channel, { markdown: 'May **I**?', choices: { questionId: 'qst_01', options } })
  expect(stage.shown()).toMatchObject([
    {
      messageId: Number(messageId),
      text: 'May I?',
      entities: [{ type: 'bold', offset: 4, length: 1 }],
      reply_markup: { inline_keyboard: [[{ text: 'Allow', callback_data: 'qst_01|allow' }]] },
    },
  ])

  const message = { message_id: Number(messageId) }
  await client.sendCallback(client.makeCallbackQuery('qst_01|allow', { message }))
  await expect
    .poll(() => store.events)
    .toMatchObject([{ type: 'choice', questionId: 'qst_01', choiceId: 'allow', messageId, place: PLACE }])

  await channel.edit(PLACE, messageId, { markdown: 'Allowed.' }, AbortSignal.timeout(30_000))
  expect(stage.shown()).toMatchObject([{ text: 'Allowed.' }])
})
