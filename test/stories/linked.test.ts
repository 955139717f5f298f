/** One conversation on Telegram, Slack, Discord and an issue on GitHub at once, through a restart of the service. */
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { end, up } from '../crash/up.ts'
import { startDiscord } from '../fakes/discord/start-discord.ts'
import { startGitHub } from '../fakes/github/start-github.ts'
import { startSlack } from '../fakes/slack/start-slack.ts'
import { startTelegram } from '../fakes/telegram/start-telegram.ts'
import { clientOf, makeRepository, openFolder } from '../test-service.ts'

const SECRET = 'secret of the hook'

test(
  'linked by codes, what is said and what comes of it is seen once in each, also after a restart',
  { timeout: 180_000 },
  async () => {
    const home = await openFolder('drover-linked-')
    const repository = await makeRepository(home)
    const fakes = [startTelegram(), startSlack(), startDiscord(), startGitHub()] as const
    const [telegram, slack, discord, github] = await Promise.all(fakes)
    const ann = telegram.people.add(7001, 'Ann')
    const chat = telegram.people.privateChat(ann)
    const settings: Record<string, string> = {
      WEBHOOK_SECRET: SECRET,
      GITHUB_TOKEN: github.botToken,
      GITHUB_API_URL: github.url,
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_URL: telegram.url,
      TELEGRAM_ALLOWED_USER_IDS: '7001',
      TELEGRAM_STREAMING_MODE: 'batch',
      SLACK_BOT_TOKEN: slack.home.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.apiUrl,
      SLACK_ALLOWED_USER_IDS: slack.home.ada.id,
      SLACK_STREAMING_MODE: 'batch',
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_ALLOWED_USER_IDS: discord.people.ada.id,
      DISCORD_STREAMING_MODE: 'batch',
    }
    let service = await up(home, settings)
    // What GitHub posts to is there again after the restart.
    settings.PORT = new URL(service.url).port
    await github.addHook(`${service.url}/webhooks/github`, SECRET)
    const [issue] = github.people.issues
    try {
      await clientOf(service).call('POST', '/v1/codebases', { url: repository, name: 'app' })
      const onTelegram = async () =>
        telegram.people
          .messages(chat)
          .flatMap(({ from, text }) => (from === telegram.world.bot.first_name ? [text] : []))
      const onSlack = async () => (await slack.home.shown(slack.home.direct, '')).map(({ text }) => text)
      const onDiscord = async () => discord.people.shown(discord.people.direct).map(({ text }) => text)
      const onGitHub = async () =>
        (await github.people.comments(issue)).flatMap(({ by, text }) => (by === 'drover-bot' ? [text] : []))
      const everywhere = [onTelegram, onSlack, onDiscord, onGitHub]
      const sees = async (where: () => Promise<string[]>, text: string) =>
        await expect
          .poll(async () => (await where()).filter((each) => each.startsWith(text)).length, { timeout: 30_000 })
          .toBe(1)
      const codeOn = async (where: () => Promise<string[]>, nth: number) => {
        const codes = async () => (await where()).flatMap((text) => /\/link \w{4}-\w{4}/.exec(text)?.[0] ?? [])
        await expect.poll(async () => (await codes()).length, { timeout: 30_000 }).toBe(nth)
        return (await codes()).at(-1) as string
      }

      telegram.people.say(ann, chat, '/link')
      await slack.home.slash(slack.home.direct, (await codeOn(onTelegram, 1)).slice(1))
      await sees(onSlack, '🔗 Linked')
      telegram.people.say(ann, chat, '/link')
      discord.people.say(discord.people.direct, await codeOn(onTelegram, 2))
      await sees(onDiscord, '🔗 Linked')
      discord.people.say(discord.people.direct, '/link full')
      await sees(onDiscord, 'Here you see everything')

      telegram.people.say(ann, chat, '/link')
      await github.people.comment(issue, `@coding-assistant ${await codeOn(onTelegram, 3)}`)
      await sees(onGitHub, '🔗 Linked')

      telegram.people.say(ann, chat, 'say The first is done.')
      for (const where of everywhere) await sees(where, 'The first is done.')
      await sees(onDiscord, 'say The first is done.\n— ann, on telegram')

      await end(service.child, 'SIGKILL')
      telegram.people.say(ann, chat, 'say Said while it was down.')
      service = await up(home, settings)
      for (const where of everywhere) await sees(where, 'Said while it was down.')
      await slack.home.say(slack.home.direct, 'say From Slack.')
      for (const where of everywhere) await sees(where, 'From Slack.')
      await github.people.comment(issue, '@coding-assistant say From GitHub.')
      for (const where of everywhere) await sees(where, 'From GitHub.')
      await sees(onDiscord, 'say From Slack.\n— ')
      // What is on its way has had time to arrive: each of it is there once.
      await sleep(2_500)
      for (const where of everywhere)
        for (const text of ['The first is done.', 'Said while it was down.', 'From Slack.', 'From GitHub.'])
          await sees(where, text)
      // Nothing of it came in again as if somebody had said it.
      const { tasks } = await clientOf(service).call<{ tasks: unknown[] }>('GET', '/v1/tasks?limit=50')
      expect(tasks).toHaveLength(4)
    } finally {
      await end(service.child, 'SIGTERM')
      await Promise.all([telegram.stop(), slack.stop(), discord.stop(), github.stop()])
      await rm(home, { recursive: true, force: true })
    }
  },
)
