import { expect, test } from 'vitest'
import { registerConsole } from '../../test/console-kit.ts'
import { openTestApi, type TestApi } from '../../test/http-kit.ts'
import { asSystem } from '../db/scope.ts'
import { storeSaid, takeSaid, writeVerdict } from '../inbox/store.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { addIdentity, addMember } from '../orgs/member-store.ts'
import { UserError } from '../lib/errors.ts'
import type { AuditLog, Person, PersonList, Problem, RefusedList } from './wire.ts'

async function openPeople() {
  const api = await openTestApi({
    async findAccount(channel, account) {
      if (channel !== 'github') return undefined
      if (account !== 'ada') throw new UserError('account-gone', `GitHub has no account ${account}.`)
      return '583231'
    },
  })
  await registerConsole(api, ['telegram', 'github'])
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

test('an account is given to somebody else, by id or name; who has none left is gone; the last one is not taken', async () => {
  await using api = await openPeople()
  const ann = await api.post<Person>('/v1/people', { channel: 'telegram', actor: '1', name: 'Ann', role: 'owner' })
  const bob = await api.post<Person>('/v1/people', { channel: 'telegram', actor: '2', name: 'Bob' })
  const put = (which: string, body: object) => api.ask('PUT', `/v1/people/${which}/accounts`, body)
  const linked = await put('ann', { channel: 'telegram', actor: '2', tenant: 'T' })
  expect(await linked.json()).toMatchObject({ id: ann.id, accounts: [{ actor: '1' }, { tenant: 'T', actor: '2' }] })
  // In all tenants it is still Bob's, until it is said of all.
  expect(await list(api)).toHaveLength(2)
  expect((await put(ann.id, { channel: 'telegram', actor: '2' })).status).toBe(200)
  expect(await list(api)).toMatchObject([{ id: ann.id, accounts: [{ actor: '1' }, { tenant: '', actor: '2' }] }])
  expect(await refusal(await put(bob.id, { channel: 'telegram', actor: '2' }))).toEqual([404, 'member-unknown'])
  expect(await refusal(await put('Ann', { channel: 'irc', actor: '2' }))).toEqual([422, 'channel-unknown'])
  const take = (actor: string) => api.ask('DELETE', `/v1/people/Ann/accounts?channel=telegram&actor=${actor}`)
  expect((await take('2')).status).toBe(204)
  expect(await refusal(await take('2'))).toEqual([404, 'account-unknown'])
  expect(await refusal(await take('1'))).toEqual([409, 'last-account'])
})

test('an account that has a name is kept by its id', async () => {
  await using api = await openPeople()
  const ada = await api.post<Person>('/v1/people', { channel: 'github', actor: 'ada' })
  expect(ada.accounts).toMatchObject([{ channel: 'github', actor: '583231' }])
  expect(await refusal(await api.ask('POST', '/v1/people', { channel: 'github', actor: 'adda' }))).toEqual([
    422,
    'account-gone',
  ])
})

test('who changed what is written down, page by page, for the own org only', async () => {
  await using api = await openPeople()
  const ann = await api.post<Person>('/v1/people', { channel: 'telegram', actor: '1', name: 'Ann' })
  await api.ask('PUT', `/v1/people/${ann.id}/accounts`, { channel: 'telegram', actor: '2' })
  await api.ask('DELETE', `/v1/people/${ann.id}/accounts?channel=telegram&actor=1`)
  const key = await api.post<{ id: string }>('/v1/keys', { name: 'ci' })
  await api.ask('DELETE', `/v1/keys/${key.id}`)
  await api.ask('DELETE', `/v1/people/${ann.id}`)
  const { audit, next } = await api.get<AuditLog>('/v1/audit')
  expect(next).toBeNull()
  expect(audit.map(({ action, subject }) => [action, subject])).toEqual([
    ['member-removed', ann.id],
    ['key-revoked', key.id],
    ['key-created', key.id],
    ['account-unlinked', ann.id],
    ['account-linked', ann.id],
    ['account-linked', ann.id],
    ['member-added', ann.id],
  ])
  expect(audit[0]).toMatchObject({ actorName: 'test', subjectName: 'Ann', detail: { accounts: ['telegram/2'] } })
  const first = await api.get<AuditLog>('/v1/audit?limit=4')
  const rest = await api.get<AuditLog>(`/v1/audit?limit=4&before=${first.next}`)
  expect([...first.audit, ...rest.audit]).toEqual(audit)
  expect(await (await api.askAsStranger('GET', '/v1/audit')).json()).toMatchObject({ audit: [] })
  expect(
    (await api.askAsStranger('PUT', `/v1/people/${ann.id}/accounts`, { channel: 'telegram', actor: '2' })).status,
  ).toBe(422)
})
