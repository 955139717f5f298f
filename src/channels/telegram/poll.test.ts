import { describe, expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { startTelegram, type Telegram } from '../../../test/fakes/telegram/start-telegram.ts'
import { telegram as kind } from './telegram.ts'

/** A bot that polls, a person who speaks to it, and what is stored. */
async function openStage() {
  const telegram = await startTelegram()
  const store = createTestStore()
  const ada = telegram.people.add(7001, 'Ada')
  const chat = telegram.people.privateChat(ada)
  const running = new Set<() => Promise<void>>()
  return {
    telegram,
    store,
    say: (text: string) => telegram.people.say(ada, chat, text),
    press: (messageId: number, label: string) => telegram.people.press(ada, chat, messageId, label),
    chat,
    texts: () => store.events.map((event) => (event.type === 'message' ? event.text : event.choiceId)),
    start() {
      const host = store.createHost()
      const channel = kind.create(settingsFor(telegram), host)!
      const started = channel.start()
      running.add(started.stop)
      return { host, channel, stop: started.stop }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((stop) => stop()))
      await telegram.stop()
    },
  }
}

const settingsFor = ({ token, url }: Telegram) => ({ TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_URL: `${url}/` })
const pollsOf = ({ calls }: Telegram) =>
  calls.filter(({ method }) => method === 'getUpdates').map(({ params }) => params)

describe('the offset', () => {
  test('moves when an update is stored, not before', async () => {
    await using stage = await openStage()
    stage.store.isAway = true
    stage.say('one')
    stage.say('two')
    const { stop } = stage.start()
    await expect.poll(() => stage.store.takes.length).toBeGreaterThan(1)
    await stop()
    expect(stage.telegram.updates.waiting()).toHaveLength(2)
    stage.store.isAway = false
    const second = stage.start()
    await expect.poll(stage.texts).toEqual(['one', 'two'])
    await second.stop()
    expect(stage.telegram.updates.waiting()).toEqual([])
  })

  test('a stop confirms what is stored, and only that', async () => {
    await using stage = await openStage()
    const { stop } = stage.start()
    const release = stage.store.hold()
    stage.say('stored while we stop')
    await expect.poll(() => stage.store.takes.length).toBe(1)
    stage.say('never taken')
    const stopped = stop()
    release()
    await stopped
    expect(stage.texts()).toEqual(['stored while we stop'])
    expect(stage.telegram.updates.waiting()).toMatchObject([{ message: { text: 'never taken' } }])
  })

  test('who lost the turn confirms nothing, for another one asks by then', async () => {
    await using stage = await openStage()
    stage.start()
    stage.say('one')
    await expect.poll(stage.texts).toEqual(['one'])
    await expect.poll(stage.telegram.updates.pollers).toBe(1)
    stage.store.loseTurns()
    stage.say('two')
    await expect.poll(stage.texts).toEqual(['one', 'two'])
    const limits = pollsOf(stage.telegram).map(({ limit }) => limit)
    expect(new Set(limits)).toEqual(new Set([100]))
  })

  test('what was stored before a kill comes again, under its key', async () => {
    await using stage = await openStage()
    stage.say('one')
    const { stop } = stage.start()
    await expect.poll(stage.texts).toEqual(['one'])
    // It cannot say what it stored: so it is with one that is killed.
    stage.telegram.fail(['getUpdates'], { kind: 'drop-before' }, 100)
    stage.telegram.dropConnections()
    await stop()
    stage.telegram.clearFaults()
    stage.telegram.people.redeliver()
    stage.start()
    await expect.poll(() => stage.store.takes.length).toBeGreaterThan(1)
    expect(new Set(stage.store.takes.map(({ key }) => key)).size).toBe(1)
    expect(stage.texts()).toEqual(['one'])
  })
})

/** Another program with the same token: it asks again as soon as it is refused. */
function startRival({ url, token }: Telegram) {
  const stopping = new AbortController()
  const { signal } = stopping
  const running = (async () => {
    while (!signal.aborted) await fetch(`${url}/bot${token}/getUpdates?timeout=25`, { signal }).catch(() => undefined)
  })()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

describe('one poller a token', () => {
  test('two processes ask in turn', async () => {
    await using stage = await openStage()
    const first = stage.start()
    const second = stage.start()
    await expect.poll(stage.telegram.updates.pollers).toBe(1)
    stage.say('one')
    await expect.poll(stage.texts).toEqual(['one'])
    await first.stop()
    stage.say('two')
    await expect.poll(stage.texts).toEqual(['one', 'two'])
    await second.stop()
    expect(stage.store.takes).toHaveLength(2)
  })

  test('another program is reported in a sentence, once, and it goes on when that ends', async () => {
    await using stage = await openStage()
    const { host } = stage.start()
    await expect.poll(stage.telegram.updates.pollers).toBe(1)
    const ours = () => pollsOf(stage.telegram).filter(({ allowed_updates: allowed }) => allowed !== undefined).length
    const before = ours()
    const rival = startRival(stage.telegram)
    await expect.poll(() => ours() - before).toBeGreaterThan(2)
    expect(host.reports).toEqual([
      { isUp: true },
      { isUp: false, reason: expect.stringMatching(/Another program.*TELEGRAM_BOT_TOKEN/) },
    ])
    await rival.stop()
    stage.say('still there?')
    await expect.poll(stage.texts).toEqual(['still there?'])
    expect(host.isUp()).toBe(true)
  })

  test('a webhook of before is taken away, with what waits for it', async () => {
    await using stage = await openStage()
    const { token, url } = stage.telegram
    await fetch(`${url}/bot${token}/setWebhook?url=${encodeURIComponent('http://127.0.0.1:1/')}`)
    stage.say('waited')
    stage.start()
    await expect.poll(stage.texts).toEqual(['waited'])
  })
})

test('an update that nobody understands blocks nothing', async () => {
  await using stage = await openStage()
  const { host } = stage.start()
  stage.telegram.pushRaw({ message: { message_id: 'seven', text: 7 } })
  stage.telegram.pushRaw({ message: { nothing: true } })
  stage.say('after')
  await expect.poll(stage.texts).toEqual(['after'])
  expect(host.logs.join()).toMatch(/left out/)
})

test('edits are not asked for, and the menu is set', async () => {
  await using stage = await openStage()
  stage.start()
  const id = stage.say('fix the login')
  await expect.poll(stage.texts).toEqual(['fix the login'])
  stage.telegram.people.amend(id, 'fix the logout')
  stage.say('next')
  await expect.poll(stage.texts).toEqual(['fix the login', 'next'])
  expect(stage.telegram.world.commands.map(({ command }) => command)).toContain('command_invoke')
})

test('it serves without a menu', async () => {
  await using stage = await openStage()
  stage.telegram.fail(['setMyCommands'], {
    kind: 'refusal',
    code: 400,
    description: 'Bad Request: BOT_COMMAND_INVALID',
  })
  const { host } = stage.start()
  stage.say('hello')
  await expect.poll(stage.texts).toEqual(['hello'])
  expect(host.logs.join()).toContain('menu')
})

describe('a button', () => {
  const question = { questionId: 'qst_01', options: [{ id: 'allow', label: 'Allow' }] }
  const options = { idempotencyKey: 'k', signal: AbortSignal.timeout(30_000) }

  async function askIn(stage: Awaited<ReturnType<typeof openStage>>) {
    const started = stage.start()
    const place = { channel: 'telegram', tenant: '', room: String(stage.chat), thread: '' }
    const id = await started.channel.send(place, { markdown: 'May I?', choices: question }, options)
    return { ...started, id: Number(id) }
  }

  test('stops turning when it is stored', async () => {
    await using stage = await openStage()
    const { id } = await askIn(stage)
    stage.store.isAway = true
    stage.press(id, 'Allow')
    await expect.poll(() => stage.store.takes.length).toBeGreaterThan(0)
    expect(stage.telegram.world.callbacks.size).toBe(1)
    stage.store.isAway = false
    await expect.poll(() => stage.telegram.world.callbacks.size).toBe(0)
    expect(stage.texts()).toEqual(['allow'])
  })

  test('that is too old to be told so is stored all the same', async () => {
    await using stage = await openStage()
    const { id, host } = await askIn(stage)
    const release = stage.store.hold()
    stage.press(id, 'Allow')
    await expect.poll(() => stage.store.takes.length).toBe(1)
    stage.telegram.people.expireCallbacks()
    release()
    await expect.poll(() => host.logs.join()).toContain('query is too old')
    stage.say('next')
    await expect.poll(stage.texts).toEqual(['allow', 'next'])
  })

  test('whose acknowledgement hangs keeps nobody waiting', async () => {
    await using stage = await openStage()
    const { id, host } = await askIn(stage)
    stage.telegram.fail(['answerCallbackQuery'], { kind: 'silence' })
    stage.press(id, 'Allow')
    stage.say('next')
    await expect.poll(stage.texts).toEqual(['allow', 'next'])
    // It is not given up yet.
    expect(host.logs).toEqual([])
    stage.telegram.dropConnections()
  })
})

test('a page of HTML, a rate limit and a drop are survived', async () => {
  await using stage = await openStage()
  const { host } = stage.start()
  await expect.poll(host.isUp).toBe(true)
  stage.telegram.fail(['getUpdates'], { kind: 'bad-gateway' })
  stage.telegram.fail(['getUpdates'], { kind: 'rate', seconds: 1 })
  stage.telegram.fail(['getUpdates'], { kind: 'drop-after' })
  stage.say('one')
  await expect.poll(stage.texts).toEqual(['one'])
  stage.say('two')
  await expect.poll(stage.texts).toEqual(['one', 'two'])
  await expect.poll(host.isUp).toBe(true)
})
