import { expect, test } from 'vitest'
import { failureOf } from '../../../test/channel-kit.ts'
import { openDiscord, type DiscordKit } from '../../../test/fakes/discord/discord-kit.ts'

const CONTENT = Buffer.from('what was in it')
const options = () => ({ maxBytes: 1000, signal: AbortSignal.timeout(30_000) })

/** A mention in a channel, with a file: its place is a thread that nobody has opened yet. */
async function mentionWithFile({ discord, store, start }: DiscordKit) {
  const { channel } = await start()
  const { people } = discord
  const messageId = people.say(people.channel, '@Drover look', { files: [{ name: 'a b.log', content: CONTENT }] })
  await expect.poll(() => store.events.length).toBe(1)
  const [event] = store.events
  if (event?.type !== 'message') throw new Error('it is no message')
  const file = event.attachments![0]!
  return { messageId, file, fetchIt: () => channel.fetchFile!(event.place, file, options()) }
}

test('its address expires, and is asked for anew', async () => {
  await using kit = await openDiscord()
  const { file, fetchIt } = await mentionWithFile(kit)
  // The address is signed: that is not kept.
  expect(file.ref).toMatch(/^\d+\/\d+\/\d+$/)
  expect(Buffer.from(await fetchIt())).toEqual(CONTENT)
  kit.discord.world.cdn.expire()
  expect(Buffer.from(await fetchIt())).toEqual(CONTENT)
})

test('with its message it is gone', async () => {
  await using kit = await openDiscord()
  const { messageId, fetchIt } = await mentionWithFile(kit)
  kit.discord.people.remove('', messageId)
  expect((await failureOf(fetchIt())).kind).toBe('gone')
})

test('it is fetched from where Discord keeps files, and from nowhere else', async () => {
  await using kit = await openDiscord()
  const { fetchIt } = await mentionWithFile(kit)
  kit.discord.world.cdn.origin = kit.discord.apiUrl.replace(/\/api$/, '').replace('127.0.0.1', 'localhost')
  expect((await failureOf(fetchIt())).kind).toBe('invalid')
  expect(kit.discord.calls.map(({ call }) => call).filter((call) => call.includes('/attachments/'))).toEqual([])
})

test('where files are kept there may be trouble of its own', async () => {
  await using kit = await openDiscord()
  const { fetchIt } = await mentionWithFile(kit)
  kit.discord.fail(/^GET \/attachments/, { kind: 'server-error', status: 503 })
  kit.discord.fail(/^GET \/attachments/, { kind: 'rate', seconds: 4 })
  expect((await failureOf(fetchIt())).kind).toBe('transient')
  expect(await failureOf(fetchIt())).toMatchObject({ kind: 'rate', retryAfterMs: 4000 })
  expect(Buffer.from(await fetchIt())).toEqual(CONTENT)
})
