import { describe, expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { startTelegram } from '../../../test/fakes/telegram/start-telegram.ts'
import { telegram as kind } from './telegram.ts'
import { webhookSecret } from './webhook.ts'

const HOOK = 'http://127.0.0.1:1/webhooks/telegram'
const SECRET_HEADER = 'x-telegram-bot-api-secret-token'

async function openStage() {
  const telegram = await startTelegram()
  const store = createTestStore()
  const host = store.createHost()
  const settings = { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_URL: telegram.url, TELEGRAM_WEBHOOK_URL: HOOK }
  const channel = kind.create(settings, host)!
  const secret = webhookSecret(telegram.token)
  return {
    telegram,
    store,
    host,
    channel,
    secret,
    post: (body: string, headers: Record<string, string> = { [SECRET_HEADER]: secret }) =>
      channel.receive!(new Request(HOOK, { method: 'POST', body, headers })),
    [Symbol.asyncDispose]: telegram.stop,
  }
}

const UPDATE = JSON.stringify({
  update_id: 1,
  message: { message_id: 5, date: 1, chat: { id: 7, type: 'private' }, from: { id: 7, first_name: 'Ada' }, text: 'hi' },
})

describe('what is posted', () => {
  test('with the secret is stored, then answered', async () => {
    await using stage = await openStage()
    expect((await stage.post(UPDATE)).status).toBe(200)
    expect(stage.store.events).toMatchObject([{ key: '7:5', text: 'hi' }])
  })

  test.for([{}, { [SECRET_HEADER]: '' }, { [SECRET_HEADER]: 'x' }, { [SECRET_HEADER]: '0'.repeat(64) }])(
    'without it is refused, and not even read: %j',
    async (headers) => {
      await using stage = await openStage()
      expect((await stage.post('no json', headers as Record<string, string>)).status).toBe(401)
      expect((await stage.post(UPDATE, headers as Record<string, string>)).status).toBe(401)
      expect(stage.store.takes).toEqual([])
      expect(stage.telegram.calls).toEqual([])
    },
  )

  test('while the database is away shall come again', async () => {
    await using stage = await openStage()
    stage.store.isAway = true
    expect((await stage.post(UPDATE)).status).toBe(503)
    stage.store.isAway = false
    expect((await stage.post(UPDATE)).status).toBe(200)
  })

  test('and is no update is answered, that it may not come again', async () => {
    await using stage = await openStage()
    expect((await stage.post('{"update_id":1,"poll":{}}')).status).toBe(200)
    expect((await stage.post('no json')).status).toBe(400)
  })
})

describe('the webhook', () => {
  test('is set with the secret, and stays when we stop', async () => {
    await using stage = await openStage()
    const running = stage.channel.start()
    await expect.poll(stage.host.isUp).toBe(true)
    await running.stop()
    expect(stage.telegram.updates.webhook()).toEqual({ url: HOOK, secret: stage.secret })
  })

  test('that Telegram does not take is reported in a sentence', async () => {
    await using stage = await openStage()
    const description = 'Bad Request: bad webhook: HTTPS URL must be provided for webhook'
    stage.telegram.fail(['setWebhook'], { kind: 'refusal', code: 400, description })
    const running = stage.channel.start()
    await expect
      .poll(() => stage.host.reports[0])
      .toMatchObject({
        isUp: false,
        reason: expect.stringMatching(/HTTPS URL.*TELEGRAM_WEBHOOK_URL/),
      })
    await expect.poll(stage.host.isUp).toBe(true)
    await running.stop()
  })

  test('has a secret of each token, which does not give the token away', () => {
    expect(webhookSecret('1:a')).toMatch(/^[0-9a-f]{64}$/)
    expect(webhookSecret('1:a')).not.toBe(webhookSecret('1:b'))
  })

  test('is left out where we poll', async () => {
    await using stage = await openStage()
    const settings = { TELEGRAM_BOT_TOKEN: stage.telegram.token }
    expect(kind.create(settings, stage.host)).not.toHaveProperty('receive')
  })
})
