import { expect, test } from 'vitest'
import { sendIn } from '../../../test/channel-kit.ts'
import { openDiscord } from '../../../test/fakes/discord/discord-kit.ts'

test.for<[number, RegExp]>([
  [4014, /"Message Content Intent".*discord\.com\/developers/],
  [4004, /DISCORD_TOKEN/],
  [4011, /2500/],
])('that the Gateway closes with %i is said in a sentence, and noticed when it is mended', async ([code, reason]) => {
  await using kit = await openDiscord()
  const { rules, people } = kit.discord
  rules.refusesWith = code
  const { channel, host } = kit.create()
  const running = channel.start()
  await expect.poll(() => host.reports).toHaveLength(1)
  expect(host.reports[0]).toMatchObject({ isUp: false, reason: expect.stringMatching(reason) })
  rules.refusesWith = undefined
  await expect.poll(host.isUp).toBe(true)
  people.say(people.direct, 'hello')
  await expect.poll(kit.texts).toEqual(['hello'])
  await running.stop()
})

test('without the privileged intent nothing is heard, and the switch is named', async () => {
  await using kit = await openDiscord()
  kit.discord.rules.hasMessageContent = false
  const { channel, host } = kit.create()
  const running = channel.start()
  await expect.poll(() => host.reports).toHaveLength(1)
  expect(host.reports[0]).toMatchObject({ reason: expect.stringMatching(/Message Content Intent/) })
  await running.stop()
})

test('a token that is refused while the connection stands is noticed when it ends, and reported', async () => {
  await using kit = await openDiscord()
  const { discord } = kit
  const { host } = await kit.start()
  discord.setTokenValid(false)
  discord.gateway.closeAll(4004)
  await expect
    .poll(() => host.reports.at(-1))
    .toMatchObject({ isUp: false, reason: expect.stringMatching(/DISCORD_TOKEN/) })
  discord.setTokenValid(true)
  await expect.poll(host.isUp).toBe(true)
})

test('that Discord cannot be reached is said in a sentence, once, and a stop ends it', async () => {
  await using kit = await openDiscord()
  const { channel, host } = kit.create({ DISCORD_API_URL: 'http://127.0.0.1:1/api' })
  const running = channel.start()
  await expect.poll(() => host.reports).toHaveLength(1)
  expect(host.reports[0]).toMatchObject({ isUp: false, reason: 'Discord cannot be reached: ECONNREFUSED.' })
  await running.stop()
  expect(host.reports).toHaveLength(1)
})

test('a stop on the way to a connection leaves none', async () => {
  await using kit = await openDiscord()
  const { gateway, calls } = kit.discord
  for (const until of [1, 2, 3, 4, 5]) {
    const running = kit.create().channel.start()
    // Some calls later it connects: each time a stop comes at another moment.
    await expect.poll(() => calls.length, { interval: 1 }).toBeGreaterThanOrEqual(until)
    await running.stop()
    calls.length = 0
    await expect.poll(gateway.count).toBe(0)
  }
  await using other = await openDiscord()
  const started = await other.start()
  other.discord.dropConnections()
  await started.stop()
  await expect.poll(other.discord.gateway.count).toBe(0)
})

test('a stop ends also where the Gateway takes the connection and says nothing', async () => {
  await using kit = await openDiscord()
  const { gateway, rules } = kit.discord
  rules.isSilent = true
  const running = kit.create().channel.start()
  await expect.poll(gateway.connections).toBe(1)
  await running.stop()
  expect(kit.store.takes).toEqual([])
})

test('a connection that no longer answers is replaced, and what was said into it comes again', async () => {
  await using kit = await openDiscord()
  const { gateway, rules, people } = kit.discord
  rules.heartbeatMs = 200
  await kit.start()
  gateway.freeze()
  people.say(people.direct, 'into the void')
  await expect.poll(kit.texts).toEqual(['into the void'])
  expect(gateway.stats).toMatchObject({ identified: 1, resumed: 1 })
})

test('sixty messages come through while Discord asks for new connections', async () => {
  await using kit = await openDiscord()
  const { people, gateway } = kit.discord
  const { host } = await kit.start()
  const words = Array.from({ length: 60 }, (_, n) => `message ${n}`)
  for (let n = 0; n < 60; n += 20) {
    for (const word of words.slice(n, n + 10)) people.say(people.direct, word)
    await expect.poll(gateway.count).toBe(1)
    gateway.askToReconnect()
    for (const word of words.slice(n + 10, n + 20)) people.say(people.direct, word)
  }
  await expect.poll(() => gateway.stats.resumed).toBeGreaterThan(0)
  await expect.poll(kit.texts).toEqual(words)
  expect(gateway.stats).toMatchObject({ identified: 1 })
  expect(host.reports).toEqual([{ isUp: true }])
})

test('after a restart the session goes on: also commands, and first words, that came meanwhile', async () => {
  await using kit = await openDiscord()
  const { people, gateway } = kit.discord
  const first = await kit.start()
  await first.stop()
  people.slash(people.direct, '/status')
  people.say(people.channel, '@Drover hello')
  await kit.start()
  await expect.poll(kit.texts).toEqual(['/status', 'hello'])
  expect(gateway.stats).toEqual({ identified: 1, resumed: 1, refusedResumes: 0 })
})

test('what was not stored is told again, though a later event was seen', async () => {
  await using kit = await openDiscord()
  const { people } = kit.discord
  const { stop } = await kit.start()
  people.say(people.direct, 'one')
  await expect.poll(kit.texts).toEqual(['one'])
  kit.store.isAway = true
  people.say(people.direct, 'two')
  people.say(people.channel, 'three')
  await expect.poll(() => kit.store.takes.length).toBeGreaterThan(2)
  await stop()
  kit.store.isAway = false
  await kit.start()
  await expect.poll(kit.texts).toEqual(['one', 'two', 'three'])
})

test('a command becomes a message, and the person is told that it has arrived', async () => {
  await using kit = await openDiscord()
  const { people, interactions } = kit.discord
  await kit.start()
  people.slash(people.channel, '/command-invoke plan "a b"')
  await expect.poll(() => interactions.answers).toMatchObject([{ text: 'On it.', isPrivate: true }])
  expect(kit.store.events).toMatchObject([
    { type: 'message', text: '/command-invoke plan "a b"', isAddressed: true, place: kit.inChannel() },
  ])
})

test('a button is stored, then stops turning; too late is only logged', async () => {
  await using kit = await openDiscord()
  const { people, interactions } = kit.discord
  const { channel, host } = await kit.start()
  const choices = { questionId: 'q1', options: [{ id: 'yes', label: 'Yes' }] }
  const id = await sendIn(channel, kit.direct, { markdown: 'May I?', choices })
  const release = kit.store.hold()
  people.press(people.direct, id, 'Yes')
  await expect.poll(() => kit.store.takes).toHaveLength(1)
  expect(interactions.answers).toEqual([])
  release()
  await expect.poll(() => interactions.answers).toHaveLength(1)
  const again = kit.store.hold()
  people.press(people.direct, id, 'Yes')
  await expect.poll(() => kit.store.takes).toHaveLength(2)
  interactions.expire()
  again()
  await expect.poll(() => host.logs.join()).toMatch(/could not be told so: .*10062/)
  expect(kit.texts()).toEqual(['yes', 'yes'])
  people.say(people.direct, 'still here')
  await expect.poll(kit.texts).toContain('still here')
})

test('the commands are set once, and again only when they are others', async () => {
  await using kit = await openDiscord()
  const { discord } = kit
  const first = await kit.start()
  expect(discord.commands()).toContain('command-invoke')
  await first.stop()
  const second = await kit.start()
  await second.stop()
  expect(discord.commandChanges()).toBe(1)
})

test('without commands it serves as well', async () => {
  await using kit = await openDiscord()
  const { discord } = kit
  discord.fail(/^PUT /, { kind: 'refusal', status: 400, code: 30_034, message: 'Max number of daily creates reached' })
  const { host } = await kit.start()
  expect(host.logs.join()).toMatch(/did not take the commands/)
  discord.people.say(discord.people.direct, 'hello')
  await expect.poll(kit.texts).toEqual(['hello'])
})

test('what stands in a thread belongs to its channel, also where the session does not tell of the thread', async () => {
  await using kit = await openDiscord()
  const { people } = kit.discord
  const first = await kit.start()
  const asked = people.say(people.channel, '@Drover hello')
  await sendIn(first.channel, kit.inChannel(asked), 'hello')
  people.say(asked, 'and more')
  await expect.poll(kit.texts).toEqual(['hello', 'and more'])
  await first.stop()
  await kit.start()
  people.say(asked, 'and after')
  await expect.poll(kit.texts).toContain('and after')
  expect(kit.store.events.map(({ place }) => place)).toEqual(Array(3).fill(kit.inChannel(asked)))
})

test('a mention of the role of the bot is one of the bot', async () => {
  await using kit = await openDiscord()
  const { people } = kit.discord
  await kit.start()
  const id = people.say(people.channel, '@&Drover fix it')
  await expect.poll(kit.texts).toEqual(['fix it'])
  expect(kit.store.events[0]).toMatchObject({ isAddressed: true, place: kit.inChannel(id) })
})

test('an answer to us is for us, and stays in the channel', async () => {
  await using kit = await openDiscord()
  const { people } = kit.discord
  const { channel } = await kit.start()
  const ours = await sendIn(channel, kit.inChannel(), 'what now?')
  people.say(people.channel, 'this', { replyTo: ours })
  await expect.poll(kit.texts).toEqual(['this'])
  expect(kit.store.events[0]).toMatchObject({ isAddressed: true, replyTo: ours, place: kit.inChannel() })
})

test('what we and webhooks say is not taken for somebody speaking; bots are known as such', async () => {
  await using kit = await openDiscord()
  const { people } = kit.discord
  const { channel } = await kit.start()
  await sendIn(channel, kit.inChannel(), '@Drover hello')
  people.say(people.channel, 'by a webhook', { isWebhook: true })
  people.say(people.channel, 'by a bot', { person: { id: '1000000000000000001', username: 'robot', bot: true } })
  people.say(people.channel, 'by a person')
  await expect.poll(kit.texts).toEqual(['by a bot', 'by a person'])
  expect(kit.store.events.map(({ actor }) => actor.isBot)).toEqual([true, false])
})

test('it says who it is', async () => {
  await using kit = await openDiscord()
  expect(await kit.create().channel.check()).toBe('Discord bot Drover in 1 server')
})
