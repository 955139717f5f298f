/** A channel on the fake, for the tests of the Slack plug-in alone. */
import { expect } from 'vitest'
import type { Channel, Place } from '../../../src/channels/channel.ts'
import { slack as kind } from '../../../src/channels/slack/slack.ts'
import { createTestStore, type TestStore } from '../../channel-host.ts'
import { startSlack, type FakeSlack } from './start-slack.ts'

export interface SlackKit extends AsyncDisposable {
  slack: FakeSlack
  store: TestStore
  /** A channel of its own, not started. */
  create(settings?: Record<string, string>): { channel: Channel; host: ReturnType<TestStore['createHost']> }
  /** One that listens. */
  start(): Promise<{ channel: Channel; host: ReturnType<TestStore['createHost']>; stop(): Promise<void> }>
  direct: Place
  inChannel(thread: string): Place
  texts(): string[]
}

export async function openSlack(): Promise<SlackKit> {
  const slack = await startSlack()
  const store = createTestStore()
  const running = new Set<() => Promise<void>>()
  const { home } = slack
  const placeOf = (room: string, thread: string) => ({ channel: 'slack', tenant: home.team, room, thread })

  function create(settings: Record<string, string> = {}) {
    const host = store.createHost()
    const tokens = { SLACK_BOT_TOKEN: home.botToken, SLACK_APP_TOKEN: slack.appToken, SLACK_API_URL: slack.apiUrl }
    return { channel: kind.create({ ...tokens, ...settings }, host)!, host }
  }

  return {
    slack,
    store,
    create,
    async start() {
      const { channel, host } = create()
      const { stop } = channel.start()
      running.add(stop)
      await expect.poll(host.isUp).toBe(true)
      return { channel, host, stop }
    },
    direct: placeOf(home.direct, ''),
    inChannel: (thread) => placeOf(home.channel, thread),
    texts: () => store.events.map((event) => (event.type === 'message' ? event.text : event.choiceId)),
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((stop) => stop()))
      await slack.stop()
    },
  }
}
