/** Every payload that GitHub's own examples have, as GitHub posts it. */
import definitions from '@octokit/webhooks-examples' with { type: 'json' }
import { describe, expect, test } from 'vitest'
import { openGitHub, posted } from './fakes/github/github-kit.ts'

interface Example {
  name: string
  examples: Record<string, unknown>[]
}

const EXAMPLES = definitions as unknown as Example[]

/** What of a payload somebody wrote, by event and action. */
const WRITTEN: Record<string, string> = {
  'issues.opened': 'issue',
  'issue_comment.created': 'comment',
  'pull_request.opened': 'pull_request',
  'pull_request_review_comment.created': 'comment',
  'pull_request_review.submitted': 'review',
}

const all = EXAMPLES.flatMap(({ name, examples }) => examples.map((payload) => ({ name, payload })))
const partOf = ({ name, payload }: (typeof all)[number]) => WRITTEN[`${name}.${String(payload['action'])}`]

describe('GitHub’s own examples', () => {
  test('none of them troubles us, none speaks to us, and of each it is known why', async () => {
    await using kit = await openGitHub()
    const { channel, host } = kit.create()
    expect(all.length).toBeGreaterThan(300)
    for (const { name, payload } of all) {
      const { status } = await channel.receive!(posted(name, JSON.stringify(payload)))
      expect(status, `${name} ${String(payload['action'])}`).toBe(202)
    }
    expect(kit.store.takes).toEqual([])
    expect(host.logs).toEqual([])
    expect(kit.store.ignored).toHaveLength(all.length)
    expect(kit.store.ignored.every(({ reason }) => reason.length > 10)).toBe(true)
  })

  test('with a mention in them, the five events are taken, and no other', async () => {
    await using kit = await openGitHub()
    const { channel } = kit.create()
    const seen = new Set<string>()
    const whyEdited = () => kit.store.ignored.filter(({ reason }) => reason.includes('edited'))
    for (const { name, payload } of all) {
      const body = JSON.stringify(payload, (key, value: unknown) => (key === 'body' ? '@coding-assistant go' : value))
      const part = partOf({ name, payload })
      const written = part === undefined ? undefined : (payload[part] as { id: number; html_url: string })
      const before = kit.store.takes.length
      const { status } = await channel.receive!(posted(name, body))
      // An App speaks in some of them: it is told as a bot, and taken.
      expect(status, `${name} ${String(payload['action'])}`).toBe(written ? 200 : 202)
      expect(kit.store.takes.length - before).toBe(written ? 1 : 0)
      if (!written) continue
      seen.add(`${name}.${String(payload['action'])}`)
      const { full_name: room } = payload['repository'] as { full_name: string }
      expect(kit.store.takes.at(-1)).toMatchObject({
        type: 'message',
        text: expect.stringMatching(/^go/),
        key: expect.stringContaining(String(written.id)),
        link: written.html_url,
        place: { channel: 'github', tenant: '', room, thread: expect.stringMatching(/^\d+$/) },
        about: { repository: expect.stringMatching(/^https:.*\.git$/), defaultBranch: expect.any(String) },
      })
    }
    expect([...seen].toSorted()).toEqual(Object.keys(WRITTEN).toSorted())
    expect(whyEdited().map(({ link }) => link)).toContain(
      'https://github.com/Codertocat/Hello-World/issues/1#issuecomment-492700400',
    )
  })
})
