/** The promise, seen by a person on Telegram: whatever is killed, whenever, each message ends in exactly one visible outcome. */
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startTelegram } from '../fakes/telegram/start-telegram.ts'
import { clientOf, makeRepository, openFolder } from '../test-service.ts'
import { end, up } from './up.ts'

test('twelve messages in three chats, the service killed four times in the middle: twelve answers, each once', async () => {
  const home = await openFolder('drover-talk-')
  const repository = await makeRepository(home)
  const telegram = await startTelegram()
  const ann = telegram.people.add(7001, 'Ann')
  const chats = [telegram.people.privateChat(ann), telegram.people.group(), telegram.people.group()]
  const settings = {
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_URL: telegram.url,
    TELEGRAM_ALLOWED_USER_IDS: '7001',
    TELEGRAM_STREAMING_MODE: 'batch',
    DROVER_CONCURRENCY: '3',
  }
  const tell = (n: number) => {
    const chat = chats[n % chats.length] as number
    const isGroup = chat < 0
    telegram.people.say(
      ann,
      chat,
      `${isGroup ? `@${telegram.world.bot.username} ` : ''}sleep 300\nsay Answer number ${n}.`,
    )
  }
  let service = await up(home, settings)
  await clientOf(service).call('POST', '/v1/codebases', { url: repository, name: 'app' })

  let said = 0
  for (const pauseMs of [300, 900, 1_500, 2_200]) {
    tell(said++)
    tell(said++)
    await sleep(pauseMs)
    await end(service.child, 'SIGKILL')
    // Said while nobody listens.
    if (said % 4 === 0) tell(said++)
    service = await up(home, settings)
  }
  while (said < 12) tell(said++)

  const shown = () =>
    chats.flatMap((chat) => telegram.people.messages(chat)).filter(({ from }) => from === telegram.world.bot.first_name)
  const answers = () => shown().flatMap(({ text }) => /Answer number (\d+)\./.exec(text)?.[1] ?? [])
  const all = Array.from({ length: 12 }, (_, n) => String(n))
  await expect
    .poll(() => [...new Set(answers())].toSorted((a, b) => Number(a) - Number(b)), { timeout: 120_000, interval: 200 })
    .toEqual(all)
  // Whatever was still on its way has had time to arrive.
  await sleep(3_000)
  await end(service.child, 'SIGTERM')
  await telegram.stop()

  // Telegram cannot be asked whether a message arrived: a kill between its arrival and our note of it may show it twice, and no more.
  const doubled = answers().length - 12
  expect(doubled).toBeLessThanOrEqual(1)
  // In each chat in the order in which they were said.
  for (const chat of chats) {
    const order = telegram.people
      .messages(chat)
      .flatMap(({ text, from }) =>
        from === telegram.world.bot.first_name ? (/Answer number (\d+)\./.exec(text)?.[1] ?? []) : [],
      )
    expect([...new Set(order)].map(Number)).toEqual([...new Set(order)].map(Number).toSorted((a, b) => a - b))
  }
  // Each task has its card, with how it ended. A card that arrived in the moment of a kill was never ours to edit: one a kill at most.
  const cards = shown()
    .map(({ text }) => text)
    .filter((text) => text.includes('scripted'))
  expect(cards.filter((text) => text.includes('done')).length).toBeGreaterThanOrEqual(12)
  expect(cards.length).toBeLessThanOrEqual(12 + 4)
  await rm(home, { recursive: true, force: true })
}, 240_000)
