import { expect, test } from 'vitest'
import { registerConsole } from '../../test/console-kit.ts'
import { openTestApi, type TestApi } from '../../test/http-kit.ts'
import type { Inbound } from '../channels/channel.ts'
import { asSystem } from '../db/scope.ts'
import { noteFailure, storeSaid, takeSaid, writeVerdict } from '../inbox/store.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import type { Inbox, Problem, Said } from './wire.ts'

const LINK = 'https://slack.com/archives/C1/p1'

async function openInbox() {
  const api = await openTestApi()
  await registerConsole(api, ['slack'])
  await say(api, 'm1', 'Fix it')
  await asSystem(api.database, async (db) => {
    const said = await takeSaid(db)
    await writeVerdict(db, said?.id ?? '', { type: 'command', reason: 'command /help' })
  })
  await say(api, 'm2', 'Again')
  return api
}

function say({ database }: TestApi, key: string, text: string) {
  const place = { channel: 'slack', tenant: 'T1', room: 'C1', thread: '' }
  const actor = { id: 'U1', name: 'Ann', isBot: false }
  const at = '2026-01-01T00:00:00.000Z'
  const event: Inbound = { type: 'message', key, place, actor, at, link: LINK, text, messageId: '1', isAddressed: true }
  return asSystem(database, (db) => storeSaid(db, DEFAULT_ORG, event))
}

const keysOf = async (api: TestApi, query: string) =>
  (await api.get<Inbox>(`/v1/inbox${query}`)).inbox.map(({ key }) => key)

test('the inbox is listed, newest first, and a message is found by link, id and key', async () => {
  await using api = await openInbox()
  const { inbox } = await api.get<Inbox>('/v1/inbox')
  expect(inbox).toMatchObject([
    { key: 'm2', status: 'new', verdict: null, handledAt: null },
    {
      key: 'm1',
      type: 'message',
      text: 'Fix it',
      actor: { id: 'U1', name: 'Ann' },
      place: { channel: 'slack', tenant: 'T1', room: 'C1', thread: '' },
      status: 'done',
      verdict: 'command',
      reason: 'command /help',
    },
  ])
  expect(await keysOf(api, `?which=${encodeURIComponent(LINK)}`)).toEqual(['m2', 'm1'])
  expect(await keysOf(api, `?which=${inbox[1]?.id}`)).toEqual(['m1'])
  expect(await keysOf(api, '?which=m2')).toEqual(['m2'])
  expect(await keysOf(api, '?status=new&limit=1')).toEqual(['m2'])
  expect(await keysOf(api, '?which=m2&status=done')).toEqual([])
  expect((await api.ask('GET', '/v1/inbox?status=odd')).status).toBe(422)
})

test('what is parked is handled once more; what is not says so', async () => {
  await using api = await openInbox()
  const [said] = (await api.get<Inbox>('/v1/inbox?which=m2')).inbox
  const id = said?.id ?? ''
  const refusal = async (which: string) => {
    const response = await api.ask('POST', `/v1/inbox/${which}/retry`)
    return [response.status, ((await response.json()) as Problem).code]
  }
  expect(await refusal(id)).toEqual([409, 'not-parked'])
  await asSystem(api.database, async (db) => {
    for (let times = 0; times < 3; times++) await noteFailure(db, id, 'It broke.')
  })
  expect(await keysOf(api, '?status=parked')).toEqual(['m2'])
  expect(await api.post<Said>(`/v1/inbox/${id}/retry`, undefined, 200)).toMatchObject({ id, status: 'new', tries: 0 })
  expect(await refusal('inb_none')).toEqual([404, 'said-unknown'])
})

test('another org sees none of it, and can retry none', async () => {
  await using api = await openInbox()
  const [said] = (await api.get<Inbox>('/v1/inbox?which=m2')).inbox
  for (const query of ['', '?which=m2', `?which=${encodeURIComponent(LINK)}`]) {
    expect(await (await api.askAsStranger('GET', `/v1/inbox${query}`)).json()).toEqual({ inbox: [] })
  }
  expect((await api.askAsStranger('POST', `/v1/inbox/${said?.id}/retry`)).status).toBe(404)
})
