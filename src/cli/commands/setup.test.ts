import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runWith } from '../../../test/cli-kit.ts'
import { startSlack } from '../../../test/fakes/slack/start-slack.ts'
import { startTelegram } from '../../../test/fakes/telegram/start-telegram.ts'
import { guideTo } from '../../set-up-channel.ts'

const parts = { guideTo }

test('it says what to do at the platform, and which settings are missing', async () => {
  const { code, err } = await runWith(['setup', 'telegram'], parts)
  expect(code).not.toBe(0)
  expect(err).toContain('1. Write /newbot to @BotFather')
  expect(err).toContain('TELEGRAM_BOT_TOKEN: Token of the bot')
})

test('a token that works is shown to work, a test message arrives, and an empty allow-list is not overlooked', async () => {
  await using telegram = await startTelegram()
  const ann = telegram.people.add(7001, 'Ann')
  const chat = telegram.people.privateChat(ann)
  telegram.people.say(ann, chat, '/start')
  const env = { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_URL: telegram.url }
  const { code, out } = await runWith(['setup', 'telegram', '--send-to', '7001'], { ...parts, env })
  expect(code).toBe(0)
  expect(out).toContain(`✓ Telegram bot @${telegram.world.bot.username}`)
  expect(out).toContain('Nobody may use it yet')
  expect(telegram.people.messages(chat).at(-1)?.text).toContain('Drover can write here')
})

test('a token that the platform refuses is named', async () => {
  await using telegram = await startTelegram()
  const env = { TELEGRAM_BOT_TOKEN: '1:wrong', TELEGRAM_API_URL: telegram.url }
  const { code, err } = await runWith(['setup', 'telegram'], { ...parts, env })
  expect(code).not.toBe(0)
  expect(err).toContain('TELEGRAM_BOT_TOKEN')
  expect(err).not.toContain('should not')
})

test('the Slack app’s manifest can be pasted as it is', async () => {
  const { out } = await runWith(['setup', 'slack', '--manifest'], parts)
  expect(out).toContain('app_mentions:read')
})

test('both of Slack’s tokens are tried', async () => {
  const slack = await startSlack()
  const env = { SLACK_BOT_TOKEN: slack.home.botToken, SLACK_APP_TOKEN: slack.appToken, SLACK_API_URL: slack.apiUrl }
  const { code, out } = await runWith(['setup', 'slack', '--json'], { ...parts, env })
  const wrong = await runWith(['setup', 'slack'], { ...parts, env: { ...env, SLACK_APP_TOKEN: 'xapp-wrong' } })
  await slack.stop()
  expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, who: expect.stringContaining('Slack') }])
  expect(wrong.err).toContain('SLACK_APP_TOKEN')
})

test('a channel that does not exist is answered with those that do', async () => {
  const { err } = await runWith(['setup', 'fax'], parts)
  expect(err).toContain('There are: telegram, slack, discord, github')
})

test('--save writes what was entered, and nothing else, to .env', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drover-setup-'))
  await using telegram = await startTelegram()
  const env = { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_URL: telegram.url }
  await runWith(['setup', 'telegram', '--save'], { ...parts, env, folder })
  await expect(readFile(join(folder, '.env'), 'utf8')).rejects.toThrow('ENOENT')
  await rm(folder, { recursive: true })
})
