/** Slack for the contract suite, twice: in Socket Mode, and posting to us. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Channel } from '../../../src/channels/channel.ts'
import { slack as kind } from '../../../src/channels/slack/slack.ts'
import { RATE_SECONDS, type ChannelSubject, type Fault, type Platform } from '../../channel-contract.ts'
import { createTestStore } from '../../channel-host.ts'
import type { Fault as SlackFault } from './faults.ts'
import { startSlack, type FakeSlack } from './start-slack.ts'

export const slackSubject: ChannelSubject = {
  name: 'Slack',
  async open() {
    const slack = await startSlack()
    const settings = {
      SLACK_BOT_TOKEN: slack.home.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.apiUrl,
    }
    return {
      store: createTestStore(),
      create: (host) => kind.create(settings, host)!,
      platform: createPlatform(slack, slack.sockets.count),
      [Symbol.asyncDispose]: slack.stop,
    }
  },
}

export const slackHttpSubject: ChannelSubject = {
  name: 'Slack, over HTTP',
  async open() {
    const slack = await startSlack()
    const door = await openDoor()
    const settings = {
      SLACK_BOT_TOKEN: slack.home.botToken,
      SLACK_SIGNING_SECRET: 'signing-secret',
      SLACK_API_URL: slack.apiUrl,
    }
    slack.rules.requestUrl = { url: door.url, secret: settings.SLACK_SIGNING_SECRET }
    return {
      store: createTestStore(),
      create: (host) => door.behind(kind.create(settings, host)!),
      platform: createPlatform(slack, door.open),
      async [Symbol.asyncDispose]() {
        await door.close()
        await slack.stop()
      },
    }
  },
}

/** The HTTP server of the processes: what is posted goes to one whose channel runs, and is refused while none does. */
async function openDoor() {
  const running = new Set<Channel>()
  const server = createServer((incoming, outgoing) => {
    void answer(incoming).then(async (response) => outgoing.writeHead(response.status).end(await response.text()))
  })
  async function answer(incoming: IncomingMessage): Promise<Response> {
    const [channel] = running
    const headers = new Headers(incoming.headers as Record<string, string>)
    const request = new Request('http://door/', {
      method: 'POST',
      headers,
      body: new Uint8Array(await buffer(incoming)),
    })
    return (await channel?.receive?.(request)) ?? new Response('', { status: 503 })
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/slack`,
    open: () => running.size,
    behind: (channel: Channel): Channel => ({
      ...channel,
      start() {
        running.add(channel)
        const started = channel.start()
        return {
          async stop() {
            running.delete(channel)
            await started.stop()
          },
        }
      },
    }),
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function createPlatform(
  { home, deliveries, faults, setTokensValid, dropConnections }: FakeSlack,
  listeners: () => number,
): Platform {
  return {
    person: { id: home.ada.id, name: home.ada.name },
    say: async (text) => void (await home.say(home.direct, text)),
    sayToOthers: async (text) => void (await home.say(home.channel, text)),
    mention: async (text) => void (await home.say(home.channel, `@Drover ${text}`)),
    // What begins with a slash never gets to an app: there is one command, and the rest is its text.
    command: async (text) => void home.slash(home.direct, text.slice(1)),
    press: ({ room }, messageId, label) => home.press(room, messageId, label),
    redeliver: async () => deliveries.redeliver(),
    shown: async ({ room, thread }) =>
      (await home.shown(room, thread)).map(({ ts, buttons, ...seen }) => ({
        ...seen,
        id: seen.files.length > 0 ? '' : ts,
        buttons: buttons.map(({ label }) => label),
      })),
    remove: ({ room }, messageId) => home.remove(room, messageId),
    throwOut: async ({ room }) => void home.closed.add(room),
    setTokenValid: setTokensValid,
    fault: (fault) => faults.add(['chat.postMessage', 'chat.update'], FAULTS[fault]),
    dropConnections,
    listeners,
  }
}

const FAULTS: Record<Fault, SlackFault> = {
  rate: { kind: 'rate', seconds: RATE_SECONDS },
  'server-error': { kind: 'server-error', status: 503 },
  'drop-before': { kind: 'drop-before' },
  'drop-after': { kind: 'drop-after' },
}
