import { expect, test } from 'vitest'
import { sendIn } from '../../../test/channel-kit.ts'
import { openSlack, type SlackKit } from '../../../test/fakes/slack/slack-kit.ts'

/** A kit whose Slack gives up at once what nobody takes: only its history has it then. */
async function openForgetful() {
  const kit = await openSlack()
  kit.slack.rules.tries = 1
  return kit
}

/** Says it, and waits until Slack has given it up. */
async function sayInVain({ slack }: SlackKit, room: string, text: string, thread?: string) {
  const { length } = slack.deliveries.lost
  const ts = await slack.home.say(room, text, thread)
  await expect.poll(() => slack.deliveries.lost.length).toBeGreaterThan(length)
  return ts
}

test('what was said in a direct message while nobody listened is found, in order', async () => {
  await using kit = await openForgetful()
  const { home } = kit.slack
  const first = await kit.start()
  await home.say(home.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  await sendIn(first.channel, kit.direct, 'an answer of ours')
  await first.stop()
  await sayInVain(kit, home.direct, 'one')
  await sayInVain(kit, home.direct, 'two')
  await kit.start()
  await expect.poll(kit.texts).toEqual(['before', 'one', 'two'])
  expect(kit.store.events[2]).toMatchObject({ isAddressed: true, place: kit.direct, actor: { name: 'ada' } })
})

test('a thread is followed, and so is the room in which somebody called us', async () => {
  await using kit = await openForgetful()
  const { home } = kit.slack
  const first = await kit.start()
  const root = await home.say(home.channel, '@Drover fix it')
  await expect.poll(kit.texts).toEqual(['fix it'])
  await first.stop()
  await sayInVain(kit, home.channel, 'in the thread', root)
  const second = await sayInVain(kit, home.channel, '@Drover another thing')
  await sayInVain(kit, home.channel, 'about the other thing', second)
  await kit.start()
  await expect
    .poll(() => kit.texts().toSorted())
    .toEqual(['about the other thing', 'another thing', 'fix it', 'in the thread'])
  const placeOf = (text: string) => kit.store.events.find((event) => 'text' in event && event.text === text)?.place
  expect(placeOf('in the thread')).toEqual(kit.inChannel(root))
  expect(placeOf('about the other thing')).toEqual(kit.inChannel(second))
  expect(kit.store.events).toContainEqual(expect.objectContaining({ text: 'another thing', isAddressed: true }))
})

test('what was said while Slack let nobody in is found when it does', async () => {
  await using kit = await openForgetful()
  const { home } = kit.slack
  const { host } = await kit.start()
  await home.say(home.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  kit.slack.rules.refuseSockets = 'service_unavailable'
  kit.slack.dropConnections()
  await expect.poll(host.isUp).toBe(false)
  await sayInVain(kit, home.direct, 'meanwhile')
  delete kit.slack.rules.refuseSockets
  await expect.poll(kit.texts).toEqual(['before', 'meanwhile'])
})

test('what is said now waits for what was said before', async () => {
  await using kit = await openForgetful()
  const { home } = kit.slack
  const first = await kit.start()
  await home.say(home.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  await first.stop()
  await sayInVain(kit, home.direct, 'meanwhile')
  kit.slack.faults.add(['conversations.history'], { kind: 'rate', seconds: 1 })
  await kit.start()
  await home.say(home.direct, 'now')
  await expect.poll(kit.texts).toEqual(['before', 'meanwhile', 'now'])
})

test('what Slack gave up while the database was away is found when it is back', async () => {
  await using kit = await openForgetful()
  const { home } = kit.slack
  await kit.start()
  await home.say(home.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  kit.store.isAway = true
  await sayInVain(kit, home.direct, 'meanwhile')
  kit.store.isAway = false
  await home.say(home.direct, 'after')
  await expect.poll(() => kit.texts().toSorted()).toEqual(['after', 'before', 'meanwhile'])
})

test('so are the first words that somebody ever says to us', async () => {
  await using kit = await openForgetful()
  const { home } = kit.slack
  await kit.start()
  kit.store.isAway = true
  await sayInVain(kit, home.channel, '@Drover hello?')
  kit.store.isAway = false
  await expect.poll(kit.texts).toEqual(['hello?'])
})

test('what cannot be stored while catching up is tried again', async () => {
  await using kit = await openForgetful()
  const { home } = kit.slack
  const first = await kit.start()
  await home.say(home.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  await first.stop()
  await sayInVain(kit, home.direct, 'meanwhile')
  kit.store.isAway = true
  const { host } = await kit.start()
  await expect.poll(() => host.logs).toContainEqual(expect.stringContaining('the database is away'))
  kit.store.isAway = false
  await expect.poll(kit.texts).toEqual(['before', 'meanwhile'])
})

test('a history that we may not read is a line in the log, and nothing more', async () => {
  await using kit = await openForgetful()
  const { home } = kit.slack
  const first = await kit.start()
  await home.say(home.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  await first.stop()
  kit.slack.faults.add(['conversations.history'], { kind: 'refusal', error: 'missing_scope', needed: 'im:history' })
  const { host } = await kit.start()
  await expect.poll(() => host.logs).toContainEqual(expect.stringContaining('im:history'))
  await home.say(home.direct, 'after')
  await expect.poll(kit.texts).toEqual(['before', 'after'])
  expect(host.reports).toEqual([{ isUp: true }])
})

test('more than a page is read', async () => {
  await using kit = await openForgetful()
  const { home } = kit.slack
  const first = await kit.start()
  await home.say(home.direct, 'before')
  await expect.poll(kit.texts).toEqual(['before'])
  await first.stop()
  const words = Array.from({ length: 230 }, (_, n) => `message ${n}`)
  for (const word of words) await home.say(home.direct, word)
  await expect.poll(() => kit.slack.deliveries.lost).toHaveLength(230)
  await kit.start()
  await expect.poll(kit.texts).toEqual(['before', ...words])
})
