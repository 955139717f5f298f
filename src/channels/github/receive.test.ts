import { expect, test } from 'vitest'
import { sendIn } from '../../../test/channel-kit.ts'
import { openGitHub, posted, SECRET } from '../../../test/fakes/github/github-kit.ts'

const USER = { id: 7, login: 'ada', type: 'User' }
const ISSUE = {
  id: 500,
  number: 1,
  title: 'Slow',
  user: USER,
  body: 'x',
  html_url: 'https://github.com/ada/hello/issues/1',
}
const REPOSITORY = { full_name: 'ada/hello', clone_url: 'https://github.com/ada/hello.git', default_branch: 'main' }
const saying = (body: string, user: object = USER, id = 900) =>
  JSON.stringify({
    action: 'created',
    issue: ISSUE,
    comment: { id, user, body, html_url: `${ISSUE.html_url}#issuecomment-${id}`, created_at: '2026-11-21T10:00:00Z' },
    repository: REPOSITORY,
  })

test('a comment arrives with what it is about, who vouches for it, and where it is', async () => {
  await using kit = await openGitHub()
  const { channel } = kit.create()
  const response = await channel.receive!(posted('issue_comment', saying('@coding-assistant fix it')))
  expect(response.status).toBe(200)
  expect(kit.store.events).toEqual([
    {
      type: 'message',
      key: 'comment:900',
      place: { channel: 'github', tenant: '', room: 'ada/hello', thread: '1' },
      actor: { id: '7', name: 'ada', isBot: false },
      at: '2026-11-21T10:00:00.000Z',
      link: 'https://github.com/ada/hello/issues/1#issuecomment-900',
      about: { repository: REPOSITORY.clone_url, defaultBranch: 'main', title: 'Slow' },
      isVouchedFor: true,
      messageId: '900',
      text: 'fix it',
      isAddressed: true,
    },
  ])
})

test('what is not signed with one of the secrets is not read', async () => {
  await using kit = await openGitHub()
  const { channel } = kit.create({ WEBHOOK_SECRET: `new one, ${SECRET}` })
  const body = saying('@coding-assistant hi')
  const unsigned = posted('issue_comment', body)
  unsigned.headers.delete('x-hub-signature-256')
  const changed = new Request(posted('issue_comment', body), { method: 'POST', body: `${body} ` })
  for (const request of [unsigned, changed, posted('issue_comment', body, { secret: 'guessed' })])
    expect((await channel.receive!(request)).status).toBe(401)
  expect((await channel.receive!(posted('issue_comment', 'no json', { secret: 'guessed' }))).status).toBe(401)
  expect(kit.store.takes).toEqual([])
  for (const secret of ['new one', SECRET])
    expect((await channel.receive!(posted('issue_comment', body, { secret }))).status).toBe(200)
})

test('a form is read as well, and what is no JSON is refused', async () => {
  await using kit = await openGitHub()
  const { channel } = kit.create()
  const contentType = 'application/x-www-form-urlencoded'
  const form = new URLSearchParams({ payload: saying('@coding-assistant hi + bye') }).toString()
  expect((await channel.receive!(posted('issue_comment', form, { contentType }))).status).toBe(200)
  expect(kit.texts()).toEqual(['hi + bye'])
  expect((await channel.receive!(posted('issue_comment', 'a=b', { contentType }))).status).toBe(400)
  expect((await channel.receive!(posted('issue_comment', '{'))).status).toBe(400)
  for (const json of ['null', '[]', '1', '{"action":1}'])
    expect((await channel.receive!(posted('issue_comment', json))).status).toBe(202)
})

test('what is not said to us is neither stored nor asked about', async () => {
  await using kit = await openGitHub()
  const { channel } = kit.create()
  for (const body of [
    saying('lunch?'),
    saying('`@coding-assistant`'),
    saying('@coding-assistant hi <!-- drover:x -->'),
  ])
    expect((await channel.receive!(posted('issue_comment', body))).status).toBe(202)
  expect((await channel.receive!(posted('star', saying('@coding-assistant hi')))).status).toBe(202)
  expect(kit.store.takes).toEqual([])
  expect(kit.github.calls).toEqual([])
})

test('our own account is not heard, and another bot is one', async () => {
  await using kit = await openGitHub()
  const { channel } = kit.create()
  const own = saying('@coding-assistant hi', { id: 8, login: 'Drover-Bot', type: 'User' }, 901)
  expect((await channel.receive!(posted('issue_comment', own))).status).toBe(202)
  const bot = saying('@coding-assistant hi', { id: 9, login: 'other[bot]', type: 'Bot' }, 902)
  expect((await channel.receive!(posted('issue_comment', bot))).status).toBe(200)
  expect(kit.store.events).toMatchObject([{ actor: { name: 'other[bot]', isBot: true } }])
  expect(kit.store.events[0]).not.toHaveProperty('isVouchedFor')
})

test('who may only read is not vouched for, and is asked about once in a while', async () => {
  await using kit = await openGitHub()
  const { people, calls } = kit.github
  await kit.start()
  for (const word of ['one', 'two', 'three']) {
    await people.comment(people.issues[0], `@coding-assistant ${word}`, 'eve')
    await expect.poll(kit.texts).toContain(word)
  }
  for (const event of kit.store.events) expect(event).not.toHaveProperty('isVouchedFor')
  expect(calls.filter((call) => call.endsWith('/eve/permission'))).toHaveLength(1)
})

test.each(['push', 'maintain', 'admin'] as const)('who may %s is vouched for', async (permission) => {
  await using kit = await openGitHub()
  const { people } = kit.github
  await kit.start()
  await people.setPermission('eve', permission)
  await people.comment(people.issues[0], '@coding-assistant hi', 'eve')
  await expect.poll(() => kit.store.events).toMatchObject([{ isVouchedFor: true }])
})

test('a check that fails vouches for nobody: the delivery fails, and is tried again', async () => {
  await using kit = await openGitHub()
  const { faults, people, deliveries } = kit.github
  await kit.start()
  faults.add(/permission$/, { kind: 'server-error' })
  await people.comment(people.issues[0], '@coding-assistant hi')
  await expect.poll(deliveries.codes).toEqual([503])
  await expect.poll(() => kit.store.events).toMatchObject([{ text: 'hi', isVouchedFor: true }])
})

test('an issue and a pull request speak when they are opened', async () => {
  await using kit = await openGitHub()
  const { people } = kit.github
  await kit.start()
  const issue = await people.openIssue('Dark mode', 'Please.\n\n@coding-assistant /command-invoke execute')
  await expect.poll(kit.texts).toEqual(['/command-invoke execute'])
  expect(kit.store.events[0]).toMatchObject({
    key: expect.stringMatching(/^issue:\d+:opened$/),
    place: { thread: String(issue) },
    about: { title: 'Dark mode' },
  })
})

test('a review is one message with its comments, and its comments are none besides', async () => {
  await using kit = await openGitHub()
  const { people } = kit.github
  await kit.start()
  await people.review(people.pull, '@coding-assistant please change this', [
    { path: 'src/a.ts', position: 4, body: 'Too long <!-- hidden -->' },
    { path: 'src/b.ts', position: 1, body: 'Why?' },
  ])
  await expect.poll(() => kit.store.events.length).toBe(1)
  const [event] = kit.store.events
  expect(event).toMatchObject({ key: expect.stringMatching(/^review:\d+$/), place: { thread: String(people.pull) } })
  expect(kit.texts()[0]).toMatch(/^please change this\n\nsrc\/a\.ts.*:\nToo long\n\nsrc\/b\.ts.*:\nWhy\?$/)
})

test('a comment beside code says where it stands, unless its review speaks to us itself', async () => {
  await using kit = await openGitHub()
  const { people } = kit.github
  const { channel } = await kit.start()
  await people.reviewComment(people.pull, '@coding-assistant rename it', { path: 'src/a.ts', line: 12 })
  await expect.poll(kit.texts).toEqual(['rename it\n\n(at src/a.ts, line 12)'])
  const addressed = await people.review(people.pull, '@coding-assistant look', [])
  const silent = await people.review(people.pull, 'Look', [])
  await expect.poll(() => kit.texts().length).toBe(2)
  const commentIn = (review: number, id: number) =>
    JSON.stringify({
      action: 'created',
      pull_request: { ...ISSUE, number: people.pull },
      comment: {
        id,
        user: USER,
        body: '@coding-assistant this too',
        html_url: ISSUE.html_url,
        path: 'src/a.ts',
        line: null,
        pull_request_review_id: review,
      },
      repository: REPOSITORY,
    })
  const post = (body: string) => channel.receive!(posted('pull_request_review_comment', body))
  expect((await post(commentIn(addressed, 1001))).status).toBe(202)
  expect((await post(commentIn(silent, 1002))).status).toBe(200)
  expect(kit.texts().at(-1)).toBe('this too\n\n(at src/a.ts)')
})

test('the answer to a question counts from one', async () => {
  await using kit = await openGitHub()
  const { people } = kit.github
  const { channel } = await kit.start()
  const options = [
    { id: '0', label: 'Yes' },
    { id: '1', label: 'No' },
  ]
  const choices = { questionId: 'que_01', options }
  const messageId = await sendIn(channel, kit.issue(people.issues[0]), { markdown: 'Go on?', choices })
  await people.comment(people.issues[0], '> Go on?\n\n@coding-assistant answer que_01 2')
  await expect
    .poll(() => kit.store.events)
    .toMatchObject([{ type: 'choice', questionId: 'que_01', choiceId: '1', messageId }])
})

test('a repository’s hook and an App’s hook together are one', async () => {
  await using kit = await openGitHub()
  const { channel } = kit.create()
  const body = JSON.parse(saying('@coding-assistant hi')) as object
  await channel.receive!(posted('issue_comment', JSON.stringify(body)))
  await channel.receive!(posted('issue_comment', JSON.stringify({ ...body, installation: { id: 1 } })))
  expect(kit.store.takes).toHaveLength(2)
  expect(kit.store.events).toHaveLength(1)
})
