/** Slack for the contract suite, twice: in Socket Mode, and posting to us. */
import { slack as kind } from '../../../src/channels/slack/slack.ts'
import { RATE_SECONDS, type ChannelSubject, type Fault, type Platform } from '../../channel-contract.ts'
import { createTestStore } from '../../channel-host.ts'
import { openDoor } from '../open-door.ts'
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
    const door = await openDoor('/webhooks/slack')
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

function createPlatform(
  { home, deliveries, faults, setTokensValid, dropConnections }: FakeSlack,
  listeners: () => number,
): Platform {
  let lastShared = ''
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
    files: {
      async send({ name, mediaType, content, isVoice = false }, text) {
        const file = isVoice ? CLIP : { name, details: { mimetype: mediaType } }
        lastShared = await home.share(home.direct, text, { ...file, content })
      },
      removeLast: () => home.files.remove(lastShared),
    },
  }
}

/** As one of Slack's apps records it. */
const CLIP = {
  name: 'audio_message.m4a',
  details: { mimetype: 'video/mp4', subtype: 'slack_audio', duration_ms: 3120 },
}

const FAULTS: Record<Fault, SlackFault> = {
  rate: { kind: 'rate', seconds: RATE_SECONDS },
  'server-error': { kind: 'server-error', status: 503 },
  'drop-before': { kind: 'drop-before' },
  'drop-after': { kind: 'drop-after' },
}
