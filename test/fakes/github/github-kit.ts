/** A channel on the fake, for the tests of the GitHub plug-in alone. */
import { createHmac, randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Channel, Place } from '../../../src/channels/channel.ts'
import { github as kind } from '../../../src/channels/github/github.ts'
import { createTestStore, type TestHost, type TestStore } from '../../channel-host.ts'
import { openDoor } from '../open-door.ts'
import { startGitHub, type FakeGitHub } from './start-github.ts'

export const SECRET = 'it is a secret'

export interface GitHubKit extends AsyncDisposable {
  github: FakeGitHub
  store: TestStore
  /** A channel of its own, not started. */
  create(settings?: Record<string, string>): { channel: Channel; host: TestHost }
  /** One that hears what GitHub posts. */
  start(settings?: Record<string, string>): Promise<{ channel: Channel; host: TestHost; stop(): Promise<void> }>
  issue(number: number): Place
  texts(): string[]
}

/** With a personal token, and a hook of the repository. */
export async function openGitHub(): Promise<GitHubKit> {
  const github = await startGitHub()
  const door = await openDoor('/webhooks/github')
  const store = createTestStore()
  const running = new Set<() => Promise<void>>()
  await github.addHook(door.url, SECRET)

  function create(settings: Record<string, string> = {}) {
    const host = store.createHost()
    const own = { GITHUB_TOKEN: github.botToken, WEBHOOK_SECRET: SECRET, GITHUB_API_URL: github.url }
    return { channel: door.behind(kind.create({ ...own, ...settings }, host)!), host }
  }

  return {
    github,
    store,
    create,
    async start(settings) {
      const { channel, host } = create(settings)
      const { stop } = channel.start()
      running.add(stop)
      await expect.poll(host.isUp).toBe(true)
      return { channel, host, stop }
    },
    issue: (number) => ({ channel: 'github', tenant: '', room: github.repository, thread: String(number) }),
    texts: () => store.events.map((event) => (event.type === 'message' ? event.text : event.choiceId)),
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((stop) => stop()))
      await door.close()
      await github.stop()
    },
  }
}

/** As GitHub posts it. */
export function posted(
  event: string,
  body: string,
  { secret = SECRET, contentType = 'application/json' } = {},
): Request {
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return new Request('http://drover/webhooks/github', {
    method: 'POST',
    headers: {
      'content-type': contentType,
      'x-github-event': event,
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${signature}`,
    },
    body,
  })
}
