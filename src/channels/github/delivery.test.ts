import { expect, test } from 'vitest'
import { WRITES } from '../../../test/fakes/github/faults.ts'
import { failureOf, sendIn } from '../../../test/channel-kit.ts'
import { openGitHub } from '../../../test/fakes/github/github-kit.ts'

test('a message whose sending broke off behind it is not sent twice, by this process or another', async () => {
  await using kit = await openGitHub()
  const { github } = kit
  const [number] = github.people.issues
  const { channel } = kit.create()
  github.faults.add(WRITES, { kind: 'drop-after' })
  expect((await failureOf(sendIn(channel, kit.issue(number), 'once', 'dlv_1/0'))).kind).toBe('transient')
  const again = await sendIn(channel, kit.issue(number), 'once', 'dlv_1/0')
  const elsewhere = await sendIn(kit.create().channel, kit.issue(number), 'once', 'dlv_1/0')
  const [comment, ...others] = await github.people.comments(number)
  expect(others).toEqual([])
  expect([again, elsewhere]).toEqual([String(comment!.id), String(comment!.id)])
})

test('what somebody else wrote is not taken for an earlier attempt', async () => {
  await using kit = await openGitHub()
  const { people } = kit.github
  await people.comment(people.issues[0], '<!-- drover:dlv_1/0 -->\nI was faster')
  await sendIn(kit.create().channel, kit.issue(people.issues[0]), 'mine', 'dlv_1/0')
  expect((await people.comments(people.issues[0])).map(({ text }) => text)).toEqual(['I was faster', 'mine'])
})

test('an edit keeps the marker, also of a process that is no more', async () => {
  await using kit = await openGitHub()
  const { people } = kit.github
  const place = kit.issue(people.issues[0])
  const id = await sendIn(kit.create().channel, place, 'work', 'dlv_1/0')
  await kit.create().channel.edit(place, id, { markdown: 'done' }, AbortSignal.timeout(30_000))
  const [comment] = await people.comments(people.issues[0])
  expect(comment!.body).toBe('<!-- drover:dlv_1/0 -->\ndone')
  expect(await sendIn(kit.create().channel, place, 'work', 'dlv_1/0')).toBe(id)
})

test.each([
  [{ kind: 'spent', seconds: 120 } as const, 'rate'],
  [{ kind: 'refusal', status: 429, message: 'Slow down' } as const, 'rate'],
  [{ kind: 'refusal', status: 403, message: 'You have exceeded a secondary rate limit' } as const, 'rate'],
  [{ kind: 'refusal', status: 403, message: 'Resource not accessible by personal access token' } as const, 'gone'],
  [{ kind: 'refusal', status: 410, message: 'Issues are disabled' } as const, 'gone'],
  [{ kind: 'refusal', status: 422, message: 'Validation Failed' } as const, 'invalid'],
  [{ kind: 'server-error' } as const, 'transient'],
])('%j is %s, and asked for once', async (fault, kind) => {
  await using kit = await openGitHub()
  const { faults, calls, people } = kit.github
  faults.add(WRITES, fault)
  const error = await failureOf(sendIn(kit.create().channel, kit.issue(people.issues[0]), 'hello'))
  expect(error.kind).toBe(kind)
  expect((error.retryAfterMs ?? 0) > 50_000).toBe(kind === 'rate')
  expect(calls.filter((call) => WRITES.test(call))).toHaveLength(1)
})

test('nobody can reach another place by the name of a room', async () => {
  await using kit = await openGitHub()
  const { channel } = kit.create()
  for (const place of [
    { ...kit.issue(1), thread: '' },
    { ...kit.issue(1), thread: '1/../2' },
    { ...kit.issue(1), room: 'ada' },
  ])
    expect((await failureOf(sendIn(channel, place, 'hello'))).kind).toBe('gone')
})

test('a file is refused before anything is said', async () => {
  await using kit = await openGitHub()
  const [number] = kit.github.people.issues
  const file = { name: 'a.txt', mediaType: 'text/plain', content: Buffer.from('a') }
  const error = await failureOf(sendIn(kit.create().channel, kit.issue(number), { markdown: 'text', file }))
  expect(error.kind).toBe('invalid')
  expect(await kit.github.people.comments(number)).toEqual([])
})
