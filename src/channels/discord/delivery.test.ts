import { expect, test } from 'vitest'
import { editIn, failureOf, sendIn } from '../../../test/channel-kit.ts'
import { openDiscord } from '../../../test/fakes/discord/discord-kit.ts'
import { WRITES } from '../../../test/fakes/discord/start-discord.ts'
import type { ChannelErrorKind } from '../channel.ts'
import { threadName } from './deliver.ts'

test('the first answer to a mention opens a thread under it, named like what was said', async () => {
  await using kit = await openDiscord()
  const { people, threads } = kit.discord
  const { channel } = kit.create()
  const asked = people.say(people.channel, '@Drover fix the login, please')
  const place = kit.inChannel(asked)
  expect(threads()).toEqual([])
  await sendIn(channel, place, 'one')
  expect(threads()).toMatchObject([{ id: asked, parent: people.channel, name: 'fix the login, please' }])
  kit.discord.calls.length = 0
  const id = await sendIn(channel, place, 'two')
  await editIn(channel, place, id, 'three')
  expect(kit.discord.calls.map(({ call }) => call)).toEqual([
    `POST /channels/${asked}/messages`,
    `PATCH /channels/${asked}/messages/${id}`,
  ])
  expect(people.shown(asked).map(({ text }) => text)).toEqual(['one', 'three'])
  expect(people.shown(people.channel)).toEqual([])
})

test('somebody else may open the thread at the same moment', async () => {
  await using kit = await openDiscord()
  const { people, world, fail } = kit.discord
  const asked = people.say(people.channel, '@Drover hello')
  world.addChannel({ id: asked, type: 11, name: 'by hand', parent: people.channel })
  fail(WRITES, { kind: 'refusal', status: 404, code: 10_003, message: 'Unknown Channel' })
  await sendIn(kit.create().channel, kit.inChannel(asked), 'hello')
  expect(people.shown(asked)).toMatchObject([{ text: 'hello' }])
})

test('where no thread may be opened, the answer stands in the channel, and can be changed', async () => {
  await using kit = await openDiscord()
  const { people, rules, calls } = kit.discord
  const { channel } = kit.create()
  rules.mayCreateThreads = false
  const asked = people.say(people.channel, '@Drover hello')
  const place = kit.inChannel(asked)
  const id = await sendIn(channel, place, 'hello')
  expect(calls.at(-1)?.body).toMatchObject({ message_reference: { message_id: asked } })
  await editIn(channel, place, id, 'hello you')
  expect(people.shown(people.channel)).toMatchObject([{ id, text: 'hello you' }])
})

test('a mention that was removed before its answer, and a thread that was removed, are `gone`', async () => {
  await using kit = await openDiscord()
  const { people } = kit.discord
  const { channel } = kit.create()
  const asked = people.say(people.channel, '@Drover hello')
  people.remove(people.channel, asked)
  expect((await failureOf(sendIn(channel, kit.inChannel(asked), 'hello'))).kind).toBe('gone')
  const other = people.say(people.channel, '@Drover hello')
  const id = await sendIn(channel, kit.inChannel(other), 'hello')
  people.removeThread(other)
  expect((await failureOf(editIn(channel, kit.inChannel(other), id, 'bye'))).kind).toBe('gone')
})

test('a second attempt with the same key shows nothing twice', async () => {
  await using kit = await openDiscord()
  const { people, fail } = kit.discord
  const { channel } = kit.create()
  fail(WRITES, { kind: 'drop-after' })
  expect((await failureOf(sendIn(channel, kit.direct, 'once', 'key-1'))).kind).toBe('transient')
  const id = await sendIn(channel, kit.direct, 'once', 'key-1')
  expect(people.shown(people.direct)).toMatchObject([{ id, text: 'once' }])
  await sendIn(channel, kit.direct, 'once', 'key-2')
  expect(people.shown(people.direct)).toHaveLength(2)
})

test('a person is written to by @ and the id, in the channel that Discord names', async () => {
  await using kit = await openDiscord()
  const { people, calls } = kit.discord
  const { channel } = kit.create()
  const place = { ...kit.direct, room: `@${people.ada.id}` }
  const id = await sendIn(channel, place, 'hello')
  await editIn(channel, place, id, 'hello you')
  expect(people.shown(people.direct)).toMatchObject([{ id, text: 'hello you' }])
  expect(calls.filter(({ call }) => call === 'POST /users/@me/channels')).toHaveLength(1)
  expect((await failureOf(sendIn(channel, { ...place, room: '@123456789012345678' }, 'hello'))).kind).toBe('gone')
})

test('links are not unfolded, and a quiet message makes no sound', async () => {
  await using kit = await openDiscord()
  const { people } = kit.discord
  const { channel } = kit.create()
  await sendIn(channel, kit.direct, 'https://example.org')
  await sendIn(channel, kit.direct, { markdown: 'psst', isQuiet: true })
  expect(people.shown(people.direct).map(({ flags }) => flags)).toEqual([4, 4 | 4096])
})

test('too fast for a channel is known before Discord is asked, and says when to come back', async () => {
  await using kit = await openDiscord()
  const { people, rules, calls } = kit.discord
  rules.messagesInFiveSeconds = 2
  const { channel } = kit.create()
  await sendIn(channel, kit.direct, 'one')
  await sendIn(channel, kit.direct, 'two')
  const asked = calls.length
  const error = await failureOf(sendIn(channel, kit.direct, 'three'))
  expect(error.kind).toBe('rate')
  expect(error.retryAfterMs).toBeGreaterThan(0)
  expect(error.retryAfterMs).toBeLessThanOrEqual(5000)
  expect(calls).toHaveLength(asked)
  // Another channel has a bucket of its own.
  await sendIn(channel, kit.inChannel(), 'four')
  // Another process learns it from the answer.
  const other = await failureOf(sendIn(kit.create().channel, kit.direct, 'three'))
  expect(other.kind).toBe('rate')
  expect(other.retryAfterMs).toBeGreaterThan(0)
  expect(people.shown(people.direct)).toHaveLength(2)
})

test.for<[number, number, string, ChannelErrorKind, RegExp]>([
  [404, 10_003, 'Unknown Channel', 'gone', /no such channel/],
  [403, 50_001, 'Missing Access', 'gone', /may not see that channel/],
  [403, 50_013, 'Missing Permissions', 'gone', /lacks a permission/],
  [403, 50_007, 'Cannot send messages to this user', 'gone', /share a server/],
  [403, 20_026, 'Something new', 'gone', /20026: Something new/],
  [400, 160_005, 'Thread is locked', 'gone', /locked/],
  [400, 50_035, 'Invalid Form Body', 'invalid', /50035/],
  [401, 0, '401: Unauthorized', 'auth', /DISCORD_TOKEN/],
])('%i/%i %s is %s', async ([status, code, message, kind, sentence]) => {
  await using kit = await openDiscord()
  kit.discord.fail(WRITES, { kind: 'refusal', status, code, message })
  const error = await failureOf(sendIn(kit.create().channel, kit.direct, 'hello'))
  expect(error.kind).toBe(kind)
  expect(error.message).toMatch(sentence)
})

test("a proxy's page is `transient`, whatever its status", async () => {
  await using kit = await openDiscord()
  const { channel } = kit.create()
  for (const status of [404, 502]) {
    kit.discord.fail(WRITES, { kind: 'server-error', status })
    expect((await failureOf(sendIn(channel, kit.direct, 'hello'))).kind).toBe('transient')
  }
})

test('what Discord would refuse is told by field', async () => {
  await using kit = await openDiscord()
  const { channel } = kit.create()
  const error = await failureOf(sendIn(channel, kit.direct, 'x'.repeat(2001)))
  expect(error.kind).toBe('invalid')
  expect(error.message).toContain('content[BASE_TYPE_MAX_LENGTH]: Must be 2000 or fewer in length.')
  expect((await failureOf(sendIn(channel, kit.direct, ' '))).kind).toBe('invalid')
  const file = { name: 'big', mediaType: 'text/plain', content: Buffer.alloc(10 * 1024 * 1024 + 1) }
  expect((await failureOf(sendIn(channel, kit.direct, { markdown: '', file }))).kind).toBe('invalid')
})

test.for([
  ['<@123>  fix\nthe   login', 'fix the login'],
  ['<@&123> <#4> <@!5>', 'Drover'],
  ['<@1> plan https://github.com/ada/hello/issues/123#issuecomment-4 for me', 'Issue #123: plan for me'],
  ['<@1> https://git.example.com/ada/hello.js/pull/7', 'PR #7: ada/hello.js'],
  [`<@123> ${'word '.repeat(40)}`, 'word '.repeat(18).trim()],
  [`${'x'.repeat(89)}😀`, `${'x'.repeat(89)}\ufffd`],
] as const)('a thread for %j', ([content, name]) => {
  expect(threadName(content)).toBe(name)
})
