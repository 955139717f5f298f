import { expect, test } from 'vitest'
import { failureOf, sendIn } from '../../../test/channel-kit.ts'
import { openSlack } from '../../../test/fakes/slack/slack-kit.ts'

test('two workspaces are two tenants, each with its own token', async () => {
  await using kit = await openSlack()
  const { home } = kit.slack
  const other = await kit.slack.addWorkspace()
  kit.store.credentials.set(other.team, { botToken: other.botToken })
  const { channel } = await kit.start()
  await home.say(home.direct, 'at home')
  await other.say(other.direct, 'elsewhere')
  await expect.poll(() => kit.texts().toSorted()).toEqual(['at home', 'elsewhere'])
  for (const { place, ...event } of kit.store.events) {
    await sendIn(channel, place, `you said ${'text' in event ? event.text : ''}`)
  }
  expect(kit.store.events.map(({ place }) => place.tenant).toSorted()).toEqual([home.team, other.team].toSorted())
  expect(await home.shown(home.direct, '')).toMatchObject([{ text: 'you said at home' }])
  expect(await other.shown(other.direct, '')).toMatchObject([{ text: 'you said elsewhere' }])
})

test('a workspace is asked once who we are there', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  for (const word of ['one', 'two', 'three']) await sendIn(channel, kit.direct, word)
  expect(kit.slack.calls.filter((call) => call === 'auth.test')).toHaveLength(1)
})

test('a workspace in which nobody installed it is told how to', async () => {
  await using kit = await openSlack()
  const other = await kit.slack.addWorkspace()
  const { channel } = kit.create()
  const place = { channel: 'slack', tenant: other.team, room: other.direct, thread: '' }
  const failure = await failureOf(sendIn(channel, place, 'hello'))
  expect(failure).toMatchObject({ kind: 'auth', message: expect.stringMatching(/T000000002.*drover setup slack/) })
  // The other workspaces are none the worse.
  await sendIn(channel, kit.direct, 'hello')
})

test('a token that was revoked is asked for again, and used when it is mended', async () => {
  await using kit = await openSlack()
  const other = await kit.slack.addWorkspace()
  const { channel } = kit.create()
  const place = { channel: 'slack', tenant: other.team, room: other.direct, thread: '' }
  kit.store.credentials.set(other.team, { botToken: other.botToken })
  await sendIn(channel, place, 'one')
  kit.slack.setTokensValid(false)
  expect((await failureOf(sendIn(channel, place, 'two'))).kind).toBe('auth')
  kit.slack.setTokensValid(true)
  kit.store.credentials.delete(other.team)
  // What is remembered of it is gone as well.
  expect((await failureOf(sendIn(channel, place, 'three'))).kind).toBe('auth')
  kit.store.credentials.set(other.team, { botToken: other.botToken })
  await sendIn(channel, place, 'four')
  expect((await other.shown(other.direct, '')).map(({ text }) => text)).toEqual(['one', 'four'])
})

test('a token of another workspace is not used', async () => {
  await using kit = await openSlack()
  const other = await kit.slack.addWorkspace()
  kit.store.credentials.set(other.team, { botToken: kit.slack.home.botToken })
  const { channel } = kit.create()
  const place = { channel: 'slack', tenant: other.team, room: other.direct, thread: '' }
  expect((await failureOf(sendIn(channel, place, 'hello'))).kind).toBe('auth')
})

test('without a workspace, the one of SLACK_BOT_TOKEN is meant', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  await sendIn(channel, { ...kit.direct, tenant: '' }, 'a test message')
  expect(await kit.slack.home.shown(kit.slack.home.direct, '')).toMatchObject([{ text: 'a test message' }])
})

test('while the database is away, sending is tried again later', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  kit.store.credentials.get = () => {
    throw new Error('the database is away')
  }
  expect(await failureOf(sendIn(channel, kit.direct, 'hello'))).toMatchObject({
    kind: 'transient',
    message: expect.stringContaining('the database is away'),
  })
})
