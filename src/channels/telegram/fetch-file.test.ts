import { expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import type { Fault } from '../../../test/fakes/telegram/faults.ts'
import { startTelegram } from '../../../test/fakes/telegram/start-telegram.ts'
import { ChannelError, type Channel } from '../channel.ts'
import { parseUpdate } from './parse-update.ts'
import { telegram as kind } from './telegram.ts'

/** A bot, and somebody who sends it a document of so many bytes. */
async function openStage(bytes = 100) {
  const telegram = await startTelegram()
  const ada = telegram.people.add(7001, 'Ada')
  const document = { name: 'a b.bin', mediaType: 'application/zip', content: Buffer.alloc(bytes, 7) }
  telegram.people.say(ada, telegram.people.privateChat(ada), 'look', { document })
  const event = parseUpdate(telegram.updates.waiting()[0], { id: 111, username: 'drover_bot' }, new Date())
  if (event.type !== 'message') throw new Error(`it is ${event.type}`)
  const settings = { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_URL: telegram.url }
  const host = createTestStore().createHost()
  const channel: Channel = kind.create(settings, host)!
  return {
    telegram,
    host,
    fetchIt: () =>
      channel.fetchFile!(event.place, event.attachments![0]!, { maxBytes: 30e6, signal: AbortSignal.timeout(30_000) }),
    [Symbol.asyncDispose]: telegram.stop,
  }
}

async function failureOf(work: Promise<unknown>): Promise<ChannelError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ChannelError)
  return error as ChannelError
}

test('the way to a file is asked for each time, for it is open for an hour only', async () => {
  await using stage = await openStage()
  expect(await stage.fetchIt()).toHaveLength(100)
  stage.telegram.world.paths.clear()
  expect(await stage.fetchIt()).toHaveLength(100)
  const methods = stage.telegram.calls.map(({ method }) => method)
  expect(methods).toEqual(['getFile', 'file', 'getFile', 'file'])
})

test('what is too large for a bot is `invalid`', async () => {
  await using stage = await openStage(21 * 1024 * 1024)
  expect(await failureOf(stage.fetchIt())).toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/file is too big/),
  })
})

test.for<[string, Fault, string, number?]>([
  ['getFile', { kind: 'rate', seconds: 9 }, 'rate', 9000],
  [
    'getFile',
    { kind: 'refusal', code: 400, description: 'Bad Request: wrong file_id or the file is temporarily unavailable' },
    'transient',
  ],
  ['file', { kind: 'bad-gateway' }, 'transient'],
  ['file', { kind: 'drop-before' }, 'transient'],
  ['file', { kind: 'refusal', code: 404, description: 'Not Found' }, 'gone'],
])('%s that fails with %j is `%s`, and the token is told nobody', async ([method, fault, kind, retryAfterMs]) => {
  await using stage = await openStage()
  stage.telegram.fail([method], fault)
  const error = await failureOf(stage.fetchIt())
  expect({ kind: error.kind, retryAfterMs: error.retryAfterMs }).toEqual({ kind, retryAfterMs })
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    expect(`${at.stack} ${JSON.stringify(at)}`).not.toContain(stage.telegram.token)
  expect(stage.host.logs.join('\n')).not.toContain(stage.telegram.token)
  expect(await stage.fetchIt()).toHaveLength(100)
})

test('a server of one’s own that keeps files to itself is told apart', async () => {
  await using stage = await openStage()
  stage.telegram.world.isLocal = true
  const { kind, message } = await failureOf(stage.fetchIt())
  expect({ kind, message }).toEqual({ kind: 'invalid', message: expect.stringMatching(/without --local/) })
  expect(message).not.toContain('111:AA')
})
