/** GitHub for the contract suite, twice: with a personal token and a repository's hook, and as an App. */
import type { Place } from '../../../src/channels/channel.ts'
import { github as kind } from '../../../src/channels/github/github.ts'
import { RATE_SECONDS, type ChannelSubject, type Fault, type Platform } from '../../channel-contract.ts'
import { createTestStore } from '../../channel-host.ts'
import { openDoor } from '../open-door.ts'
import { WRITES, type Fault as GitHubFault } from './faults.ts'
import { APP_SECRET, startGitHub, type FakeGitHub } from './start-github.ts'

const SECRET = 'secret of the hook'

export const githubSubject: ChannelSubject = {
  name: 'GitHub',
  // Images in a comment are links in its text.
  lacks: ['files'],
  open: () =>
    openSubject('drover-bot', async (github, url) => {
      await github.addHook(url, SECRET)
      return { WEBHOOK_SECRET: SECRET, GITHUB_TOKEN: github.botToken }
    }),
}

export const githubAppSubject: ChannelSubject = {
  name: 'GitHub, as an App',
  lacks: ['files'],
  open: () =>
    openSubject('drover[bot]', async (github, url) => {
      github.setAppHook(url)
      return {
        WEBHOOK_SECRET: `${SECRET},${APP_SECRET}`,
        GITHUB_APP_ID: github.appId,
        GITHUB_APP_PRIVATE_KEY: github.appKey.replaceAll('\n', String.raw`\n`),
      }
    }),
}

async function openSubject(bot: string, install: (github: FakeGitHub, url: string) => Promise<Record<string, string>>) {
  const github = await startGitHub()
  const door = await openDoor('/webhooks/github')
  const settings = { ...(await install(github, door.url)), GITHUB_API_URL: github.url }
  return {
    store: createTestStore(),
    create: (host: Parameters<typeof kind.create>[1]) => door.behind(kind.create(settings, host)!),
    platform: createPlatform(github, bot, door.open),
    async [Symbol.asyncDispose]() {
      await door.close()
      await github.stop()
    },
  }
}

const MENTION = '@coding-assistant'

/** On GitHub nobody is alone with anybody: one issue is for that, another is the room with others. */
function createPlatform(github: FakeGitHub, bot: string, listeners: () => number): Platform {
  const { people, deliveries } = github
  const [own, shared] = people.issues
  const ours = async ({ thread }: Place) => (await people.comments(Number(thread))).filter(({ by }) => by === bot)
  const say = async (issue: number, text: string) => void (await people.comment(issue, text))

  return {
    person: { id: String(people.ada.id), name: people.ada.name },
    say: (text) => say(own, `${MENTION} ${text}`),
    sayToOthers: (text) => say(shared, text),
    hearsMentionsOnly: true,
    mention: (text) => say(shared, `${MENTION} ${text}`),
    command: (text) => say(own, `${MENTION} ${text}`),
    async press(place, messageId, label) {
      const comment = (await ours(place)).find(({ id }) => String(id) === messageId)
      const choice = comment?.choices.find((one) => one.label === label)
      if (!choice) throw new Error(`There is no choice ${label}.`)
      await say(Number(place.thread), choice.words)
    },
    redeliver: deliveries.again,
    shown: async (place) =>
      (await ours(place)).map(({ id, text, code, links, choices, notified }) => ({
        id: String(id),
        text,
        code,
        links,
        buttons: choices.map(({ label }) => label),
        files: [],
        notified,
      })),
    remove: async (_, messageId) => people.remove(Number(messageId)),
    throwOut: async ({ room }) => void github.closed.add(room),
    setTokenValid: github.setTokenValid,
    fault: (fault) => github.faults.add(WRITES, FAULTS[fault]),
    dropConnections: github.dropConnections,
    listeners,
  }
}

const FAULTS: Record<Fault, GitHubFault> = {
  rate: { kind: 'rate', seconds: RATE_SECONDS },
  'server-error': { kind: 'server-error' },
  'drop-before': { kind: 'drop-before' },
  'drop-after': { kind: 'drop-after' },
}
