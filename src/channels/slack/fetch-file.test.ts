import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { failureOf } from '../../../test/channel-kit.ts'
import { openSlack } from '../../../test/fakes/slack/slack-kit.ts'
import { BOT_SCOPES } from './manifest.ts'

const CONTENT = Buffer.from('not a login page')
const options = () => ({ maxBytes: 1000, signal: AbortSignal.timeout(30_000) })

test('a mention with a file arrives once, with its file, though one of its two events lacks that', async () => {
  await using kit = await openSlack()
  const { home, rules } = kit.slack
  rules.mentionsHaveFiles = false
  const { channel } = await kit.start()
  await home.share(home.channel, '@Drover what is this?', { name: 'a.txt', content: CONTENT })
  await expect.poll(kit.texts).toEqual(['what is this?'])
  const [event] = kit.store.events
  if (event?.type !== 'message') throw new Error('it is no message')
  expect(event).toMatchObject({ isAddressed: true, attachments: [{ kind: 'file', name: 'a.txt' }] })
  expect(Buffer.from(await channel.fetchFile!(event.place, event.attachments![0]!, options()))).toEqual(CONTENT)
})

test('what was shared while nobody listened comes with its file', async () => {
  await using kit = await openSlack()
  const { home } = kit.slack
  const { stop } = await kit.start()
  await home.say(home.direct, 'hello')
  await expect.poll(kit.texts).toEqual(['hello'])
  await stop()
  await home.share(home.direct, 'meanwhile', { name: 'a.txt', content: CONTENT })
  await kit.start()
  await expect.poll(kit.texts).toEqual(['hello', 'meanwhile'])
  expect(kit.store.events[1]).toMatchObject({ attachments: [{ kind: 'file', name: 'a.txt' }] })
})

test('without the scope Slack shows where to log in: that is no file, and says what is missing', async () => {
  await using kit = await openSlack()
  const { home, rules } = kit.slack
  const { channel } = await kit.start()
  await home.share(home.direct, 'look', { name: 'a.txt', content: CONTENT })
  const page = { name: 'page.html', content: CONTENT, details: { mimetype: 'text/html' } }
  await home.share(home.direct, 'and this', page)
  await expect.poll(kit.texts).toEqual(['look', 'and this'])
  const files = kit.store.events.flatMap((event) => (event.type === 'message' ? (event.attachments ?? []) : []))
  const fetchIt = (index: number) => channel.fetchFile!(kit.direct, files[index]!, options())
  rules.scopes = BOT_SCOPES.filter((scope) => scope !== 'files:read')
  const { kind, message } = await failureOf(fetchIt(0))
  expect({ kind, message }).toEqual({ kind: 'auth', message: expect.stringMatching(/lacks files:read/) })
  rules.scopes = BOT_SCOPES
  expect(Buffer.from(await fetchIt(0))).toEqual(CONTENT)
  // Somebody's page is a file like any other.
  expect(Buffer.from(await fetchIt(1))).toEqual(CONTENT)
})

test('the token goes to where Slack keeps files, and nowhere else', async () => {
  await using kit = await openSlack()
  let asked = 0
  const stranger = createServer((_, response) => void response.end(String(asked++)))
  stranger.listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const { port } = stranger.address() as AddressInfo
  const { channel } = kit.create()
  for (const ref of [
    `http://127.0.0.1:${port}/files-pri/F1/a.txt`,
    `http://files.slack.com.127.0.0.1.nip.io/a`,
    'F1',
  ]) {
    const file = { kind: 'file' as const, ref, name: 'a.txt', mediaType: 'text/plain' }
    expect((await failureOf(channel.fetchFile!(kit.direct, file, options()))).kind).toBe('invalid')
  }
  stranger.close()
  expect(asked).toBe(0)
})
