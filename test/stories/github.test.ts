/** An issue on GitHub: asked there, done in a clone of that very repository, answered there; through a kill, and with bots about. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import definitions from '@octokit/webhooks-examples' with { type: 'json' }
import { expect, test } from 'vitest'
import { end, up } from '../crash/up.ts'
import { posted } from '../fakes/github/github-kit.ts'
import { APP_SECRET, startGitHub } from '../fakes/github/start-github.ts'
import { clientOf, git, makeRepository, openFolder } from '../test-service.ts'

const BOTS = 50
const EXAMPLES = definitions as unknown as { name: string; examples: object[] }[]

test(
  'a comment becomes a branch of its repository and one answer, what was said while we were dead as well, and fifty comments of bots become nothing',
  { timeout: 180_000 },
  async () => {
    const home = await openFolder('drover-github-')
    const repositories = join(home, 'github')
    const bare = join(repositories, 'ada', 'hello.git')
    await git(home, 'clone', '--quiet', '--bare', await makeRepository(home), bare)
    const github = await startGitHub({ repositories })
    const [issue] = github.people.issues
    // An App: it has no token of its own, neither to speak nor to clone.
    const settings: Record<string, string> = {
      WEBHOOK_SECRET: APP_SECRET,
      GITHUB_APP_ID: github.appId,
      GITHUB_APP_PRIVATE_KEY: github.appKey.replaceAll('\n', String.raw`\n`),
      GITHUB_API_URL: github.url,
    }
    let service = await up(home, settings)
    try {
      // What GitHub posts to is there again after the restart.
      settings.PORT = new URL(service.url).port
      github.setAppHook(`${service.url}/webhooks/github`)
      const ours = async () => (await github.people.comments(issue)).filter(({ by }) => by === 'drover[bot]')
      const sees = async (text: string) =>
        await expect
          .poll(async () => (await ours()).filter((each) => each.text.includes(text)).length, { timeout: 45_000 })
          .toBe(1)

      await github.people.comment(issue, '@coding-assistant write notes.md :: hello\nsleep 4000\nsay Written.')
      await sees('scripted')
      await end(service.child, 'SIGKILL')
      await github.people.comment(issue, '@coding-assistant say Heard all the same.')
      await github.deliveries.settled()
      expect(github.deliveries.codes().at(-1)).toBe(0)
      service = await up(home, settings)
      await sees('Written.')
      await sees('Heard all the same.')

      const branches = await git(bare, 'for-each-ref', '--format=%(refname:short)', 'refs/heads/drover')
      expect(branches.split('\n')).toHaveLength(1)
      expect(await git(bare, 'show', `${branches}:notes.md`)).toBe('hello')

      for (let n = 0; n < BOTS; n++)
        await github.people.comment(issue, `@coding-assistant say Bot ${n}, to you and to @other.`, 'other[bot]')
      await github.deliveries.settled()
      const { call } = clientOf(service)
      const whyOf = async (which: string) => {
        const found = await call<{ inbox: { reason: string }[] }>('GET', `/v1/inbox?which=${which}`)
        return found.inbox[0]?.reason
      }
      const why = async () => {
        const comments = (await github.people.comments(issue)).filter(({ by }) => by === 'other[bot]')
        return whyOf(`comment:${comments.at(-1)?.id}`)
      }
      await expect.poll(why).toBe('it was said by a bot')
      const { tasks } = await call<{ tasks: unknown[] }>('GET', '/v1/tasks?limit=100')
      expect(tasks).toHaveLength(2)
      expect(await ours()).toHaveLength(4)

      // Whatever else GitHub posts is taken, and it is known why nothing came of it.
      for (const { name, examples } of EXAMPLES) {
        for (const [index, example] of examples.entries()) {
          const request = posted(name, JSON.stringify(example), { secret: APP_SECRET })
          request.headers.set('x-github-delivery', `${name}-${index}`)
          const answer = await fetch(new Request(`${service.url}/webhooks/github`, request))
          expect(answer.status, `${name} ${index}`).toBe(202)
        }
        expect(`${name}: ${await whyOf(`${name}-0`)}`).toMatch(/is nothing to Drover|does not say @|is not heard/)
      }
    } finally {
      await end(service.child, 'SIGTERM')
      await github.stop()
      await rm(home, { recursive: true, force: true })
    }
  },
)
