import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAdaptorServer } from '@hono/node-server'
import type { Channel, ChannelKind } from './channels/channel.ts'
import { discord } from './channels/discord/discord.ts'
import { github } from './channels/github/github.ts'
import { slack } from './channels/slack/slack.ts'
import { telegram } from './channels/telegram/telegram.ts'
import { proveSurface } from './prove-surface.ts'
import { createTestStore } from '../test/channel-host.ts'
import { startTelegram } from '../test/fakes/telegram/start-telegram.ts'

const create = (kind: ChannelKind, settings: Record<string, string>): Channel =>
  kind.create(settings, createTestStore().createHost())!

const GITHUB = { GITHUB_TOKEN: 'ghp_a', WEBHOOK_SECRET: 'new,old' }

/** Where `answer` is asked, until the test ends. */
async function serve(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serveChannel = (channel: Channel) =>
  serve(createAdaptorServer({ fetch: (request) => channel.receive!(request) }) as ReturnType<typeof createServer>)
const serveAll = (listener: RequestListener) => serve(createServer(listener))

describe('what is posted arrives', () => {
  test.for<[string, ChannelKind, Record<string, string>]>([
    ['github', github, GITHUB],
    ['slack', slack, { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'hush' }],
    ['discord', discord, { DISCORD_TOKEN: 'a.b.c', DISCORD_PUBLIC_KEY: 'ab'.repeat(32) }],
  ])('at %s', async ([name, kind, settings]) => {
    const channel = create(kind, settings)
    const url = await serveChannel(channel)
    const check = await proveSurface(channel, `${url}/`)
    expect(check).toMatchObject({ status: 'ok', message: expect.stringContaining(`${url}/webhooks/${name}`) })
  })

  test('at the place that Telegram was told', async () => {
    const fake = await startTelegram()
    onTestFinished(() => fake.stop())
    const settings = { TELEGRAM_BOT_TOKEN: fake.token, TELEGRAM_API_URL: fake.url, TELEGRAM_ALLOWED_USER_IDS: '1' }
    const url = await serveChannel(create(telegram, { ...settings, TELEGRAM_WEBHOOK_URL: 'https://elsewhere.example' }))
    const channel = create(telegram, { ...settings, TELEGRAM_WEBHOOK_URL: `${url}/here` })
    expect(await proveSurface(channel, undefined)).toMatchObject({ status: 'ok' })
    expect(await proveSurface(create(telegram, settings), url)).toBeUndefined()
  })
})

describe('what stands in the way is named', () => {
  const prove = (url: string | undefined) => proveSurface(create(github, GITHUB), url)

  test('another secret', async () => {
    const url = await serveChannel(create(github, { ...GITHUB, WEBHOOK_SECRET: 'another' }))
    expect(await prove(url)).toMatchObject({ status: 'fail', message: expect.stringContaining('the secret') })
  })

  test('something that takes everything', async () => {
    const url = await serveAll((_, response) => response.writeHead(202).end('{}'))
    expect(await prove(url)).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('a relay that no Drover'),
    })
  })

  test('another program, and nobody at all', async () => {
    const url = await serveAll((_, response) => response.writeHead(404).end())
    expect(await prove(url)).toMatchObject({ status: 'fail', message: expect.stringContaining('answers 404') })
    expect(await prove('http://127.0.0.1:1')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('drover up'),
    })
  })

  test('no address from outside', async () => {
    expect(await prove(undefined)).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('DROVER_PUBLIC_URL'),
    })
  })
})
