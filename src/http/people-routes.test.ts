import { expect, test } from 'vitest'
import { registerConsole } from '../../test/console-kit.ts'
import { openTestApi, type TestApi } from '../../test/http-kit.ts'
import { asSystem } from '../db/scope.ts'
import { storeSaid, takeSaid, writeVerdict } from '../inbox/store.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { addIdentity, addMember } from '../orgs/member-store.ts'
import type { Person, PersonList, Problem, RefusedList } from './wire.ts'

async function openPeople() {
  const api = await openTestApi()
  await registerConsole(api, ['telegram'])
  return api
}

const list = async (api: TestApi) => (await api.get<PersonList>('/v1/people')).people
const refused = async (api: TestApi) => (await api.get<RefusedList>('/v1/people/refused')).refused
const refusal = async (response: Response) => [response.status, ((await response.json()) as Problem).code]

/** Somebody who is on no list writes. */
const writeAsStranger = ({ database }: TestApi, id: string, name: string) =>
  asSystem(database, async (db) => {
    const place = { channel: 'telegram', tenant: '', room: id, thread: '' }
    const said = { key: id, place, actor: { id, name, isBot: false }, at: '2026-01-01T00:00:00.000Z' }
    await storeSaid(db, DEFAULT_ORG, { ...said, type: 'message', text: 'hi', messageId: '1', isAddressed: true })
    const stored = await takeSaid(db)
    await writeVerdict(db, stored?.id ?? '', { type: 'dropped', reason: `not allowed: ${name}` })
  })

test('who was refused is listed, let in with the name that was shown, and then no longer listed', async () => {
  await using api = await openPeople()
  await writeAsStranger(api, '7', 'Ann')
  await writeAsStranger(api, '8', 'Bob')
  expect(await refused(api)).toMatchObject([
    { channel: 'telegram', actor: '8', name: 'Bob' },
    { channel: 'telegram', actor: '7', name: 'Ann' },
  ])
  const ann = await api.post<Person>('/v1/people', { channel: 'telegram', actor: '7' })
  expect(ann).toEqual({
    id: expect.stringMatching(/^mem_/),
    name: 'Ann',
    role: 'member',
    accounts: [{ channel: 'telegram', tenant: '', actor: '7', source: 'granted' }],
  })
  expect(await list(api)).toEqual([ann])
  expect((await refused(api)).map(({ actor }) => actor)).toEqual(['8'])
})

test('an account is added once, and removed with its member', async () => {
  await using api = await openPeople()
  const wanted = { channel: 'telegram', actor: '9', name: 'Cleo', role: 'admin', tenant: 'T' }
  const { id } = await api.post<Person>('/v1/people', wanted)
  expect(await refusal(await api.ask('POST', '/v1/people', wanted))).toEqual([409, 'account-known'])
  expect((await api.ask('DELETE', `/v1/people/${id}`)).status).toBe(204)
  expect(await list(api)).toEqual([])
  expect(await refusal(await api.ask('DELETE', `/v1/people/${id}`))).toEqual([404, 'member-unknown'])
  expect(await refusal(await api.ask('POST', '/v1/people', { channel: 'irc', actor: '1' }))).toEqual([
    422,
    'channel-unknown',
  ])
  expect(await refusal(await api.ask('POST', '/v1/people', { ...wanted, role: 'king' }))).toEqual([
    422,
    'invalid-request',
  ])
})

test('whom the settings let in stays the same member when granted, and another one in another role', async () => {
  await using api = await openPeople()
  const members = await asSystem(api.database, async (db) => {
    const add = async (actor: string) => {
      const member = await addMember(db, DEFAULT_ORG, `Number ${actor}`, 'owner')
      await addIdentity(db, { account: { channel: 'telegram', tenant: '', actor }, member, source: 'settings' })
      return member
    }
    return [await add('1'), await add('2')]
  })
  const same = await api.post<Person>('/v1/people', { channel: 'telegram', actor: '1' })
  expect(same).toMatchObject({ id: members[0]?.id, role: 'owner', accounts: [{ source: 'granted' }] })
  const other = await api.post<Person>('/v1/people', { channel: 'telegram', actor: '2', role: 'member' })
  expect(other).toMatchObject({ role: 'member', accounts: [{ actor: '2', source: 'granted' }] })
  expect(other.id).not.toBe(members[1]?.id)
})

test('another org sees none of them, and can neither add to nor remove them', async () => {
  await using api = await openPeople()
  await writeAsStranger(api, '7', 'Ann')
  const { id } = await api.post<Person>('/v1/people', { channel: 'telegram', actor: '9' })
  expect(await (await api.askAsStranger('GET', '/v1/people')).json()).toEqual({ people: [] })
  expect(await (await api.askAsStranger('GET', '/v1/people/refused')).json()).toEqual({ refused: [] })
  expect((await api.askAsStranger('DELETE', `/v1/people/${id}`)).status).toBe(404)
  const added = await api.askAsStranger('POST', '/v1/people', { channel: 'telegram', actor: '7' })
  expect(await refusal(added)).toEqual([422, 'channel-unknown'])
  expect(await list(api)).toHaveLength(1)
})
