import { expect, test } from 'vitest'
import { failureOf, sendIn } from '../../../test/channel-kit.ts'
import { openSlack } from '../../../test/fakes/slack/slack-kit.ts'
import type { ChannelErrorKind } from '../channel.ts'

const file = { name: 'change.diff', mediaType: 'text/x-diff', content: Buffer.from('+ line\n') }

test('a workspace that does not know the Markdown block gets the same words in sections', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  kit.slack.rules.knowsMarkdown = false
  const choices = { questionId: 'q1', options: [{ id: 'yes', label: 'Yes' }] }
  const id = await sendIn(channel, kit.direct, {
    markdown: '# May I?\n\n**Run** `rm -r build` and read [this](https://x.y)',
    choices,
  })
  expect(await kit.slack.home.shown(kit.slack.home.direct, '')).toMatchObject([
    {
      ts: id,
      text: 'May I?\n\nRun rm -r build and read this',
      code: ['rm -r build'],
      links: ['https://x.y'],
      buttons: [{ label: 'Yes', value: 'q1|yes' }],
    },
  ])
  // That it does not know it is remembered.
  kit.slack.calls.length = 0
  await channel.edit(kit.direct, id, { markdown: '**Done**' }, AbortSignal.timeout(30_000))
  expect(kit.slack.calls).toEqual(['chat.update'])
  expect(await kit.slack.home.shown(kit.slack.home.direct, '')).toMatchObject([{ text: 'Done', buttons: [] }])
})

test('one message that Slack does not take as Markdown changes nothing for the next', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  kit.slack.faults.add(['chat.postMessage'], { kind: 'refusal', error: 'invalid_blocks' })
  await sendIn(channel, kit.direct, '**one**')
  // In sections it would stand there with its bars.
  await sendIn(channel, kit.direct, '| two |\n|---|')
  const shown = await kit.slack.home.shown(kit.slack.home.direct, '')
  expect(shown.map(({ text }) => text)).toEqual(['one', 'two'])
  expect(kit.slack.calls.filter((call) => call === 'chat.postMessage')).toHaveLength(3)
})

test('what is too much for blocks arrives as text, and what is too much for that is refused', async () => {
  await using kit = await openSlack()
  kit.slack.rules.knowsMarkdown = false
  const { channel } = kit.create()
  const text = '<'.repeat(9000)
  await sendIn(channel, kit.direct, text)
  expect(await kit.slack.home.shown(kit.slack.home.direct, '')).toMatchObject([{ text }])
  expect((await failureOf(sendIn(channel, kit.direct, '<'.repeat(11_500)))).kind).toBe('invalid')
})

test('a message and its file go into the thread', async () => {
  await using kit = await openSlack()
  const { home } = kit.slack
  const { channel } = kit.create()
  const root = await home.say(home.channel, '@Drover fix it')
  await sendIn(channel, kit.inChannel(root), { markdown: 'The change:', file })
  expect(await home.shown(home.channel, root)).toMatchObject([
    { text: 'The change:', files: [] },
    { files: [{ name: 'change.diff', content: '+ line\n' }] },
  ])
  expect(await home.shown(home.channel, '')).toEqual([])
})

test('when the file fails after the words, the next attempt sends the file only', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  kit.slack.faults.add(['files.completeUploadExternal'], { kind: 'rate', seconds: 3 })
  const message = { markdown: 'The change:', file }
  expect(await failureOf(sendIn(channel, kit.direct, message, 'key'))).toMatchObject({
    kind: 'rate',
    retryAfterMs: 3000,
  })
  const id = await sendIn(channel, kit.direct, message, 'key')
  const shown = await kit.slack.home.shown(kit.slack.home.direct, '')
  expect(shown.map(({ text, files }) => [text, files.length])).toEqual([
    ['The change:', 0],
    ['', 1],
  ])
  expect(shown[0]?.ts).toBe(id)
})

test('a file that does not get there is found out before anything is said', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  kit.slack.faults.add(['files.getUploadURLExternal'], { kind: 'server-error', status: 502 })
  expect((await failureOf(sendIn(channel, kit.direct, { markdown: 'The change:', file }))).kind).toBe('transient')
  expect(await kit.slack.home.shown(kit.slack.home.direct, '')).toEqual([])
})

test('a second message within a second is too fast, in that channel only', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  kit.slack.rules.secondsBetweenMessages = 60
  await sendIn(channel, kit.direct, 'one')
  expect(await failureOf(sendIn(channel, kit.direct, 'two'))).toMatchObject({ kind: 'rate', retryAfterMs: 60_000 })
  await sendIn(channel, kit.inChannel(''), 'three')
})

test.each<[string, ChannelErrorKind, RegExp]>([
  ['ratelimited', 'rate', /too often/],
  ['internal_error', 'transient', /error of its own/],
  ['token_revoked', 'auth', /drover setup slack/],
  ['account_inactive', 'auth', /removed from the workspace/],
  ['channel_not_found', 'gone', /\/invite @Drover/],
  ['not_in_channel', 'gone', /\/invite @Drover/],
  ['is_archived', 'gone', /archived/],
  ['restricted_action_read_only_channel', 'gone', /may not post/],
  ['cant_update_message', 'gone', /no longer/],
  ['something_new', 'invalid', /something_new/],
])('%s is %s', async (error, kind, message) => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  kit.slack.faults.add(['chat.postMessage'], { kind: 'refusal', error })
  const failure = await failureOf(sendIn(channel, kit.direct, 'hello'))
  expect(failure.kind).toBe(kind)
  expect(failure.message).toMatch(message)
  expect(failure.cause).toBeDefined()
})

test('a scope that is missing is named', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  kit.slack.faults.add(['chat.postMessage'], { kind: 'refusal', error: 'missing_scope', needed: 'chat:write' })
  const failure = await failureOf(sendIn(channel, kit.direct, 'hello'))
  expect(failure).toMatchObject({ kind: 'auth', message: expect.stringContaining('chat:write') })
})

test('an error page instead of JSON is passing', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  kit.slack.faults.add(['chat.postMessage'], { kind: 'server-error', status: 200 })
  expect((await failureOf(sendIn(channel, kit.direct, 'hello'))).kind).toBe('transient')
})

test('it says who it is, and what it lacks', async () => {
  await using kit = await openSlack()
  const { channel } = kit.create()
  expect(await channel.check()).toBe('Slack app @drover in Acme T000000001')
  kit.slack.rules.scopes = kit.slack.rules.scopes.filter((scope) => scope !== 'files:write')
  expect(await channel.check()).toMatch(/lacks files:write/)
})

test('which of the two tokens is refused is said', async () => {
  await using kit = await openSlack()
  const app = kit.create({ SLACK_APP_TOKEN: 'xapp-another' })
  expect((await failureOf(app.channel.check())).message).toMatch(/SLACK_APP_TOKEN \(invalid_auth\)/)
  const bot = kit.create({ SLACK_BOT_TOKEN: 'xoxb-another' })
  expect((await failureOf(bot.channel.check())).message).toMatch(/SLACK_BOT_TOKEN\. .*invalid_auth/)
})
