import { expect, test } from 'vitest'
import { sendIn } from '../../../test/channel-kit.ts'
import { openDiscord } from '../../../test/fakes/discord/discord-kit.ts'

test('where the session is lost, what was said meanwhile is read in the history, oldest first', async () => {
  await using kit = await openDiscord()
  const { people, gateway } = kit.discord
  const first = await kit.start()
  people.say(people.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  await first.stop()
  gateway.forgetSessions()
  const words = Array.from({ length: 230 }, (_, n) => `message ${n}`)
  for (const word of words) people.say(people.direct, word)
  await kit.start()
  people.say(people.direct, 'after')
  await expect.poll(kit.texts).toEqual(['before', ...words, 'after'])
  expect(gateway.stats).toMatchObject({ identified: 2, refusedResumes: 1 })
  expect(kit.store.events.at(-2)).toMatchObject({ place: kit.direct, isAddressed: true })
})

test('a session that ends while the connection stands loses nothing', async () => {
  await using kit = await openDiscord()
  const { people, gateway } = kit.discord
  const { host } = await kit.start()
  people.say(people.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  gateway.invalidate()
  people.say(people.direct, 'meanwhile')
  await expect.poll(kit.texts, { timeout: 15_000 }).toEqual(['before', 'meanwhile'])
  expect(host.reports).toEqual([{ isUp: true }])
})

test('threads in which we spoke, and channels in which somebody spoke to us, are read; others are not', async () => {
  await using kit = await openDiscord()
  const { people, gateway, calls } = kit.discord
  const elsewhere = people.addChannel('elsewhere')
  const first = await kit.start()
  people.say(elsewhere, 'lunch?')
  const asked = people.say(people.channel, '@Drover hello')
  await expect.poll(kit.texts).toEqual(['lunch?', 'hello'])
  await sendIn(first.channel, kit.inChannel(asked), 'yes?')
  await first.stop()
  gateway.forgetSessions()
  people.say(asked, 'in the thread')
  const again = people.say(people.channel, '@Drover in the channel')
  people.say(elsewhere, 'dinner?')
  calls.length = 0
  await kit.start()
  await expect.poll(() => kit.texts().toSorted()).toEqual(['hello', 'in the channel', 'in the thread', 'lunch?'])
  expect(calls.some(({ call }) => call === `GET /channels/${elsewhere}/messages`)).toBe(false)
  const placeOf = (text: string) =>
    kit.store.events.find((event) => event.type === 'message' && event.text === text)?.place
  expect(placeOf('in the thread')).toEqual(kit.inChannel(asked))
  expect(placeOf('in the channel')).toEqual(kit.inChannel(again))
})

test('what could not be stored before a stop is read in the history, though nobody had spoken there before', async () => {
  await using kit = await openDiscord()
  const { people, gateway } = kit.discord
  const { stop } = await kit.start()
  kit.store.isAway = true
  people.say(people.direct, 'first words')
  people.say(people.direct, 'second words')
  await expect.poll(() => kit.store.takes.length).toBeGreaterThan(0)
  await stop()
  kit.store.isAway = false
  gateway.forgetSessions()
  await kit.start()
  await expect.poll(kit.texts).toEqual(['first words', 'second words'])
})

test('a channel that is closed to us does not stand in the way of others', async () => {
  await using kit = await openDiscord()
  const { people, gateway } = kit.discord
  const first = await kit.start()
  people.say(people.direct, 'alone')
  people.say(people.channel, '@Drover hello')
  await expect.poll(kit.texts).toEqual(['alone', 'hello'])
  await first.stop()
  gateway.forgetSessions()
  people.throwOut(people.channel)
  people.say(people.direct, 'meanwhile')
  const { host, stop } = await kit.start()
  await expect.poll(kit.texts).toContain('meanwhile')
  expect(host.logs.join()).toMatch(/cannot be read: The bot may not see that channel/)
  await stop()
  expect(JSON.stringify(await host.readCursor())).not.toContain(people.channel)
})

test('an error of the moment is outlasted', async () => {
  await using kit = await openDiscord()
  const { people, gateway, fail } = kit.discord
  const first = await kit.start()
  people.say(people.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  await first.stop()
  gateway.forgetSessions()
  people.say(people.direct, 'meanwhile')
  fail(/^GET \/channels\/\d+\/messages$/, { kind: 'server-error', status: 503 })
  await kit.start()
  await expect.poll(kit.texts, { timeout: 15_000 }).toEqual(['before', 'meanwhile'])
})
