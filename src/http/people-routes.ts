import { createRoute } from '@hono/zod-openapi'
import { asOrg, type Db } from '../db/scope.ts'
import { listRefused } from '../inbox/store.ts'
import { UserError } from '../lib/errors.ts'
import type { Identity } from '../orgs/member.ts'
import { addIdentity, addMember, findIdentity, listIdentities, removeMember } from '../orgs/member-store.ts'
import { listChannels } from '../places/channel-store.ts'
import { idParam, jsonAnswer, jsonBody, refusals, type Api } from './api.ts'
import { createOnce, IdempotencyHeader } from './idempotency.ts'
import type { HttpParts } from './parts.ts'
import { peopleToWire } from './to-wire.ts'
import { NewPerson, Person, PersonList, RefusedList, type NewPerson as Wanted } from './wire.ts'

const tags = ['People']

const list = createRoute({
  method: 'get',
  path: '/v1/people',
  operationId: 'listPeople',
  summary: 'Who may speak to Drover, and by which accounts',
  tags,
  responses: { 200: jsonAnswer('Oldest first', PersonList), ...refusals.read },
})

const add = createRoute({
  method: 'post',
  path: '/v1/people',
  operationId: 'addPerson',
  summary: 'Lets in the account of somebody',
  tags,
  request: { headers: IdempotencyHeader, body: jsonBody(NewPerson) },
  responses: { 201: jsonAnswer('The member whose account it is', Person), ...refusals.create },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/people/{id}',
  operationId: 'removePerson',
  summary: 'Shuts somebody out, with all accounts; what the settings allow comes back by itself',
  tags,
  request: { params: idParam('mem_01kanv3e5x8t1z6w2q9r4c7b0d') },
  responses: { 204: { description: 'Done' }, ...refusals.find },
})

const refused = createRoute({
  method: 'get',
  path: '/v1/people/refused',
  operationId: 'listRefused',
  summary: 'Who wrote within the last seven days and may not',
  tags,
  responses: { 200: jsonAnswer('Newest first', RefusedList), ...refusals.read },
})

export function addPeopleRoutes(api: Api, { database }: HttpParts): void {
  api.openapi(list, async (c) => {
    const identities = await asOrg(database, c.get('principal').orgId, listIdentities)
    return c.json({ people: peopleToWire(identities) }, 200)
  })

  api.openapi(add, async (c) => {
    const body = c.req.valid('json')
    return c.json(await createOnce(database, c, body, (db, { orgId }) => letIn(db, orgId, body)), 201)
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    const isGone = await asOrg(database, c.get('principal').orgId, (db) => removeMember(db, id))
    if (!isGone) throw new UserError('member-unknown', `There is no member ${id}. GET /v1/people lists them.`)
    return c.body(null, 204)
  })

  api.openapi(refused, async (c) => {
    const found = await asOrg(database, c.get('principal').orgId, stillRefused)
    return c.json({ refused: found.map(({ at, ...account }) => ({ ...account, at: at.toISOString() })) }, 200)
  })
}

/** Whom somebody has let in since is no news. */
async function stillRefused(db: Db) {
  const granted = (await listIdentities(db)).filter(({ source }) => source === 'granted')
  const isIn = (channel: string, actor: string) =>
    granted.some((identity) => identity.channel === channel && identity.actor === actor)
  return (await listRefused(db)).filter(({ channel, actor }) => !isIn(channel, actor))
}

/** An account that the settings let in stays its member's, and from now on stays in without them. */
async function letIn(db: Db, orgId: string, { channel, tenant = '', actor, name, role }: Wanted): Promise<Person> {
  await assertChannel(db, channel)
  const account = { channel, tenant, actor }
  const known = await findIdentity(db, account)
  if (known?.source === 'granted')
    throw new UserError('account-known', `${channel} ${actor} is the account of ${nameOf(known)} already.`)
  const isSame = known && (role ?? known.member.role) === known.member.role
  const member = isSame
    ? known.member
    : await addMember(db, orgId, name ?? (await nameShown(db, channel, actor)) ?? actor, role ?? 'member')
  await addIdentity(db, { account, member, source: 'granted' })
  const [person] = peopleToWire((await listIdentities(db)).filter((identity) => identity.member.id === member.id))
  return person as Person
}

const nameOf = ({ member }: Identity) => `${member.name} (${member.id}, ${member.role})`

async function nameShown(db: Db, channel: string, actor: string): Promise<string | undefined> {
  return (await listRefused(db)).find((account) => account.channel === channel && account.actor === actor)?.name
}

async function assertChannel(db: Db, name: string) {
  const channels = await listChannels(db)
  if (channels.some((channel) => channel.name === name)) return
  const names = channels.map((channel) => channel.name).join(', ')
  throw new UserError(
    'channel-unknown',
    names === '' ? 'No channel is set up yet: drover setup.' : `There is no channel "${name}". There are: ${names}.`,
  )
}
