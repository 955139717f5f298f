import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseEnvelope, parseEvent } from './parse-event.ts'
import { plainText } from './plain-text.ts'

const NOW = '2026-01-02T03:04:05.000Z'

interface Payload {
  event: Record<string, unknown>
  [name: string]: unknown
}

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')) as Payload
const parse = (type: string, name: string, change: Record<string, unknown> = {}) =>
  parseEnvelope(type, { ...fixture(name), ...change }, { now: NOW })
const parseMessage = (name: string, change: Record<string, unknown> = {}) =>
  parseEvent({ ...fixture(name), event: { ...fixture(name).event, ...change } })

describe('messages', () => {
  test('a direct message is for us, and its place is the room', () => {
    expect(parse('events_api', 'message-im')).toEqual({
      type: 'message',
      key: 'D0DIRECT:1767326125.870439',
      place: { channel: 'slack', tenant: 'T012AB3CD', room: 'D0DIRECT', thread: '' },
      actor: { id: 'U0ADA', name: 'U0ADA', isBot: false, isOfTenant: true },
      at: '2026-01-02T03:55:25.870Z',
      link: 'https://slack.com/archives/D0DIRECT/p1767326125870439',
      text: 'is `a < b && c` right? see the page (https://example.org/a?b=1&c=2)',
      messageId: '1767326125.870439',
      isAddressed: true,
      isPrivate: true,
    })
  })

  test('a mention comes twice, and is the same both times', () => {
    const asMessage = parse('events_api', 'message-channel-mention')
    expect(parse('events_api', 'app-mention')).toEqual(asMessage)
    expect(asMessage).toMatchObject({
      key: 'C0ENG:1771287144.743569',
      // It opens a thread under itself.
      place: { room: 'C0ENG', thread: '1771287144.743569' },
      text: 'ask @U0BOB about #ops, @here',
      isAddressed: true,
    })
  })

  test('what follows in a thread has its place, and is left to others to judge', () => {
    const reply = parse('events_api', 'message-thread-reply')
    const root = parse('events_api', 'app-mention')
    expect(reply).toMatchObject({ isAddressed: false, replyTo: '1771287144.743569', text: 'and the tests?' })
    expect('place' in reply && reply.place).toEqual('place' in root && root.place)
  })

  test('what is said in a thread under our message answers us', () => {
    expect(parseMessage('message-thread-reply', { parent_user_id: 'U0DROVER' })).toMatchObject({ isAddressed: true })
  })

  test('a reply that is shown in the channel as well stays in its thread', () => {
    expect(parse('events_api', 'message-thread-broadcast')).toMatchObject({
      place: { room: 'C0ENG', thread: '1771287144.743569' },
      text: 'for all to see',
    })
  })

  test('the head of a thread, as the history has it, is no reply', () => {
    const inRoom = parseMessage('message-im', { thread_ts: '1767326125.870439', reply_count: 2 })
    expect(inRoom).toEqual(parse('events_api', 'message-im'))
    expect(inRoom).not.toHaveProperty('replyTo')
  })

  test('a thread in a direct message is a place of its own', () => {
    expect(parseMessage('message-im', { thread_ts: '1767326000.000100' })).toMatchObject({
      place: { thread: '1767326000.000100' },
      isAddressed: true,
    })
  })

  test('a file comes with its words, or alone', () => {
    const attachments = [
      {
        kind: 'file',
        ref: 'https://files.slack.com/files-pri/T012AB3CD-F0LOG/build.log',
        name: 'build.log',
        mediaType: 'text/plain',
        bytes: 2048,
      },
    ]
    expect(parse('events_api', 'message-file-share')).toMatchObject({ text: 'it fails like this', attachments })
    expect(parseMessage('message-file-share', { text: '' })).toMatchObject({ text: '', attachments })
  })

  test('of what is no file in Slack the agent knows the names', () => {
    expect(parse('events_api', 'message-many-files')).toMatchObject({
      text: 'look at these\n\n[With files in Slack that Drover cannot read: Plan, a file, a file, a file, Notes]',
      attachments: [
        { kind: 'image', ref: 'https://files.slack.com/files-pri/T012AB3CD-F0IMG/download/image.png', bytes: 137531 },
      ],
    })
  })

  test.each([
    ['audio/mp4', 'audio_message.m4a', 'audio/mp4'],
    ['video/webm', 'audio_message.webm', 'audio/webm'],
    ['', 'audio_message.m4a', 'audio/mp4'],
    [undefined, 'audio_message.webm', 'audio/webm'],
  ])('a clip that Slack takes for %j is a voice', (mimetype, name, mediaType) => {
    const [clip] = fixture('message-voice-clip').event['files'] as object[]
    expect(parseMessage('message-voice-clip', { files: [{ ...clip, mimetype, name }] })).toMatchObject({
      text: '',
      attachments: [{ kind: 'voice', name, mediaType, bytes: 53402, seconds: 3.12 }],
    })
  })

  test('music is no voice, and what does not read costs no words', () => {
    const [clip] = fixture('message-voice-clip').event['files'] as object[]
    const strange = { mode: 7, size: -1, duration_ms: 'long', name: {} }
    for (const files of [[{ ...clip, subtype: undefined }], [{ ...clip, subtype: undefined, ...strange }]])
      expect(parseMessage('message-im', { files })).toMatchObject({ attachments: [{ kind: 'file' }] })
    for (const files of [null, 'x', [null], [{}]])
      expect(parseMessage('message-im', { files })).toMatchObject({ text: expect.stringMatching(/^is `a < b/) })
  })

  test('a mention that only names its files leaves them to the message, which has them', () => {
    const { files } = fixture('message-file-share').event
    const text = '<@U0DROVER> what is this?'
    const withFiles = { text, files, subtype: 'file_share' }
    const asMessage = parseMessage('message-channel-mention', withFiles)
    expect(asMessage).toMatchObject({ text: 'what is this?', isAddressed: true, attachments: [{ name: 'build.log' }] })
    expect(parseMessage('app-mention', { text, files })).toEqual(asMessage)
    const blocks = [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'file' }] }] }]
    expect(parseMessage('app-mention', { text, blocks })).toMatchObject({ type: 'ignored' })
    // What somebody writes about such a block is none.
    const quoted = [{ type: 'rich_text', elements: [{ type: 'text', text: '"type":"file"' }] }]
    expect(parseMessage('app-mention', { text, blocks: quoted })).toMatchObject({ type: 'message' })
  })

  test.each(['message-changed', 'message-deleted', 'message-bot', 'channel-join'])(
    '%s is nothing said to us',
    (name) => {
      expect(parse('events_api', name)).toMatchObject({ type: 'ignored' })
    },
  )

  test('what we say ourselves is nothing said to us', () => {
    expect(parseMessage('message-im', { user: 'U0DROVER' })).toMatchObject({ type: 'ignored' })
  })

  test('a mention is not mistaken for chatter where the event does not say who we are', () => {
    const message = { ...fixture('message-channel-mention'), authorizations: undefined }
    const mention = { ...fixture('app-mention'), authorizations: undefined }
    // Stored first, it would hide the mention, which has the same key.
    expect(parseEvent(message)).toMatchObject({ type: 'ignored' })
    expect(parseEvent(mention)).toMatchObject({ isAddressed: true })
    expect(parseEvent(message, 'U0DROVER')).toEqual(parse('events_api', 'app-mention'))
  })

  test.each([
    ['<@U0DROVER> /status', '/status'],
    ['hey <@U0DROVER|drover>, what now?', 'hey , what now?'],
    ['<@U0DROVER>   fix\n\n  this', 'fix\n\n  this'],
    ['<@U0DROVER>', ''],
    ['no, <@U0DROVERS> it', 'no, @U0DROVERS it'],
  ])('%j is %j without the mention', (said, text) => {
    expect(parseMessage('app-mention', { text: said })).toMatchObject({ text })
  })

  test.each([undefined, null, 3, 'text', [], {}, { event: {} }, { team_id: 'T1', event: { type: 'reaction_added' } }])(
    'what is no message (%j) is ignored',
    (body) => {
      for (const type of ['events_api', 'slash_commands', 'interactive', 'something new'])
        expect(parseEnvelope(type, body, { now: NOW })).toMatchObject({ type: 'ignored' })
    },
  )
})

describe('commands', () => {
  test('the text of the command is one of ours', () => {
    expect(parse('slash_commands', 'slash-command')).toEqual({
      type: 'message',
      key: '10520020890661.10229338706656.2e2188a074adf3bf9f8456b30180f405',
      place: { channel: 'slack', tenant: 'T012AB3CD', room: 'C0ENG', thread: '' },
      actor: { id: 'U0ADA', name: 'ada', isBot: false, isOfTenant: true },
      at: NOW,
      text: '/command-invoke plan --fast',
      messageId: '10520020890661.10229338706656.2e2188a074adf3bf9f8456b30180f405',
      isAddressed: true,
    })
  })

  test.each([
    ['', '/help'],
    ['  ', '/help'],
    [undefined, '/help'],
    ['status', '/status'],
    ['/status', '/status'],
  ])('%j is %j', (text, command) => {
    expect(parse('slash_commands', 'slash-command', { text })).toMatchObject({ text: command })
  })
})

describe('buttons', () => {
  test('a press names the question and the choice', () => {
    expect(parse('interactive', 'block-actions')).toEqual({
      type: 'choice',
      key: 'act:T012AB3CD:C0ENG:1771287149.605429:1771287154.085947:U0ADA',
      place: { channel: 'slack', tenant: 'T012AB3CD', room: 'C0ENG', thread: '1771287144.743569' },
      actor: { id: 'U0ADA', name: 'ada', isBot: false, isOfTenant: true },
      at: '2026-02-17T00:12:34.085Z',
      link: 'https://slack.com/archives/C0ENG/p1771287149605429',
      questionId: 'qst_01',
      choiceId: 'deny',
      messageId: '1771287149.605429',
    })
  })

  test('under a message in the room, answered or not, the place is the room', () => {
    const message = { ts: '1771287149.605429' }
    const inRoom = parse('interactive', 'block-actions', { message })
    expect(inRoom).toMatchObject({ place: { room: 'C0ENG', thread: '' } })
    expect(parse('interactive', 'block-actions', { message: { ...message, thread_ts: message.ts } })).toEqual(inRoom)
  })

  test.each([undefined, '', 'qst_01', 'qst_01|', '|deny'])('a button with the value %j is not ours', (value) => {
    const actions = [{ type: 'button', action_id: 'x', value, action_ts: '1771287154.085947' }]
    expect(parse('interactive', 'block-actions', { actions })).toMatchObject({ type: 'ignored' })
  })

  test('the submission of a form is not ours', () => {
    expect(parse('interactive', 'block-actions', { type: 'view_submission' })).toMatchObject({ type: 'ignored' })
  })
})

test.each([
  ['a &lt;b&gt; &amp;amp; c', 'a <b> &amp; c'],
  ['<http://example.com|example.com>', 'example.com'],
  ['<https://example.com/>', 'https://example.com/'],
  ['<mailto:a@b.c|a@b.c>', 'a@b.c'],
  ['<https://x.y/z|click me>', 'click me (https://x.y/z)'],
  ['<@U2> <@U2|bob> <#C1> <#C1|ops> <#C1|>', '@U2 @bob #C1 #ops #C1'],
  ['<!here> <!channel|channel> <!subteam^S1|@ops> <!subteam^S1>', '@here channel @ops @S1'],
  ['<!date^1700000000^{date}|yesterday>', 'yesterday'],
  ['```\nif (a &lt; b) {}\n```', '```\nif (a < b) {}\n```'],
])('%j was typed as %j', (text, typed) => {
  expect(plainText(text)).toBe(typed)
})
