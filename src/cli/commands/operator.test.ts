import { expect, test } from 'vitest'
import { openTestCli, type TestCli } from '../../../test/cli-kit.ts'
import { registerConsole } from '../../../test/console-kit.ts'
import { asSystem } from '../../db/scope.ts'
import { say } from '../../deliveries/store.ts'
import type { ChannelList, DeliveryList, Inbox, PersonList, RefusedList } from '../../http/wire.ts'
import { noteFailure, storeSaid, takeSaid, writeVerdict } from '../../inbox/store.ts'
import { DEFAULT_ORG } from '../../orgs/org.ts'
import { noteChannel } from '../../places/channel-store.ts'
import { openPlace } from '../../places/store.ts'

const PLACE = { channel: 'telegram', tenant: '', room: '42', thread: '' }
const LINK = 'https://t.me/c/42/1'

/** Somebody wrote on Telegram, and may not. */
async function openDesk() {
  const cli = await openTestCli()
  await registerConsole(cli.api, ['telegram'])
  await asSystem(cli.api.database, async (db) => {
    const said = {
      key: '42/1',
      place: PLACE,
      actor: { id: '7', name: 'Ann\n', isBot: false },
      at: '2026-01-01T00:00:00Z',
    }
    const text = 'Fix\nit'
    await storeSaid(db, DEFAULT_ORG, { ...said, type: 'message', text, messageId: '1', isAddressed: true, link: LINK })
    const id = (await takeSaid(db))?.id ?? ''
    await writeVerdict(db, id, { type: 'dropped', reason: 'not allowed: Ann (7) is not on the list' })
  })
  return cli
}

const jsonOf = async <T>(cli: TestCli, ...args: string[]) =>
  JSON.parse((await cli.drover([...args, '--json'])).out) as T

test('why says what became of a message, by its link, and what has not arrived', async () => {
  await using cli = await openDesk()
  const { code, out } = await cli.drover(['why', LINK])
  expect(code).toBe(0)
  expect(out).toMatch(/By +Ann \(7\)\nIn +telegram\/42\nWords +Fix it\nBecame +dropped\nBecause +not allowed: Ann/)
  const { inbox } = await jsonOf<Inbox>(cli, 'why', '42/1')
  const withoutAge = (text: string) => text.replace(/\(\d+ s ago\)/, '')
  expect(withoutAge((await cli.drover(['why', inbox[0]?.id ?? ''])).out)).toBe(withoutAge(out))
  expect(await cli.drover(['why', 'https://t.me/c/1/2'])).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('Nothing like that has arrived'),
  })
})

test('what is parked is listed, and handled once more', async () => {
  await using cli = await openDesk()
  expect((await cli.drover(['inbox', 'list', '--parked'])).err).toBe('Nothing is parked.\n')
  const { inbox } = await jsonOf<Inbox>(cli, 'inbox', 'list')
  const id = inbox[0]?.id ?? ''
  expect(await cli.drover(['inbox', 'retry', id])).toMatchObject({ code: 2, err: expect.stringContaining('is done') })
  await asSystem(cli.api.database, async (db) => {
    await db.updateTable('inbox').set({ status: 'new' }).execute()
    for (let times = 0; times < 3; times++) await noteFailure(db, id, 'It broke.')
  })
  expect((await cli.drover(['inbox', 'list', '--parked'])).out).toMatch(
    /telegram\/42 +Ann +parked after 3 tries +Fix it\n/,
  )
  expect((await cli.drover(['inbox', 'retry', id])).out).toContain(`${id} is handled once more`)
  expect((await cli.drover(['inbox', 'list', '--parked'])).out).toBe('')
})

test('what could not be sent is listed with the reason, sent once more, or given up', async () => {
  await using cli = await openDesk()
  expect((await cli.drover(['deliveries', 'list', '--status', 'dead'])).err).toBe('No deliveries.\n')
  await asSystem(cli.api.database, async (db) => {
    await say(db, await openPlace(db, DEFAULT_ORG, PLACE), { markdown: 'Hello' })
    await db.updateTable('deliveries').set({ status: 'dead', error: 'The room is gone.' }).execute()
  })
  const dead = ['deliveries', 'list', '--status', 'dead']
  expect((await cli.drover(dead)).out).toMatch(/telegram\/42 +text +dead +The room is gone\.\n/)
  const { deliveries } = await jsonOf<DeliveryList>(cli, ...dead)
  const id = deliveries[0]?.id ?? ''
  expect((await cli.drover(['deliveries', 'retry', id])).out).toBe(`${id} is sent once more.\n`)
  expect((await cli.drover(['deliveries', 'list'])).out).toMatch(/pending +Hello\n/)
  expect((await cli.drover(['deliveries', 'discard', id])).out).toBe(`${id} is given up.\n`)
  expect(await cli.drover(['deliveries', 'retry', id])).toMatchObject({ code: 2, out: '' })
})

test('who was refused is let in by the command that is shown, and shut out again', async () => {
  await using cli = await openDesk()
  const { refused } = await jsonOf<RefusedList>(cli, 'people', 'refused')
  expect(refused).toMatchObject([{ channel: 'telegram', actor: '7' }])
  const shown = (await cli.drover(['people', 'refused'])).out
  const [, command = ''] = /drover (people add .*)\n/.exec(shown) ?? []
  expect((await cli.drover(command.split(' '))).out).toMatch(/^Ann is in as member \(mem_/)
  expect((await cli.drover(['people', 'refused'])).out).toBe('')
  const slackLike = ['people', 'add', 'telegram', '8', '--name', 'Bob', '--role', 'admin', '--tenant', 'T']
  expect((await cli.drover(slackLike)).code).toBe(0)
  expect((await cli.drover(['people', 'list'])).out).toMatch(/Ann +member +telegram\/7\n.*Bob +admin +telegram\/T\/8\n/)
  const { people } = await jsonOf<PersonList>(cli, 'people', 'list')
  for (const { id } of people) expect((await cli.drover(['people', 'remove', id])).out).toBe(`Removed ${id}.\n`)
  expect((await cli.drover(['people', 'list'])).err).toContain('drover people refused')
  expect((await cli.drover(['people', 'add', 'irc', '1'])).err).toContain('There are: console, telegram')
})

test('channels are listed with their state, and what to do', async () => {
  await using cli = await openDesk()
  await asSystem(cli.api.database, async (db) => {
    await noteChannel(db, 'console', true, null)
    await noteChannel(db, 'telegram', false, 'Telegram refuses the token: set another one.')
  })
  const { out } = await cli.drover(['channels'])
  expect(out).toMatch(/^console +up +\d+ s *$/m)
  expect(out).toMatch(/^telegram +down +\d+ s +Telegram refuses the token/m)
  expect((await jsonOf<ChannelList>(cli, 'channels')).channels).toHaveLength(2)
})
