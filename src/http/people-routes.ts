import { createRoute, z } from '@hono/zod-openapi'
import { asOrg, type Db } from '../db/scope.ts'
import { listRefused } from '../inbox/store.ts'
import { UserError } from '../lib/errors.ts'
import { giveAccount, takeAccount } from '../orgs/accounts.ts'
import { writeAudit } from '../orgs/audit-store.ts'
import { knownMember } from '../orgs/known-member.ts'
import { accountText, type Account, type Identity, type Member } from '../orgs/member.ts'
import { addMember, listAccounts, listHolders, listIdentities, lockMember, removeMember } from '../orgs/member-store.ts'
import type { Principal } from '../orgs/org.ts'
import { assertChannel } from './known.ts'
import { idParam, jsonAnswer, jsonBody, refusals, type Api } from './api.ts'
import { createOnce, findReplay, IdempotencyHeader } from './idempotency.ts'
import type { HttpParts } from './parts.ts'
import { peopleToWire } from './to-wire.ts'
import { NewPerson, Person, PersonAccount, PersonList, RefusedList, type NewPerson as Wanted } from './wire.ts'

const tags = ['People']
const EXAMPLE = 'mem_01kanv3e5x8t1z6w2q9r4c7b0d'

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
  request: { params: idParam(EXAMPLE) },
  responses: { 204: { description: 'Done' }, ...refusals.find },
})

const Which = z.object({
  id: z.string().openapi({
    param: { name: 'id', in: 'path' },
    description: 'The id of a member, or the name where only one has it',
    example: EXAMPLE,
  }),
})

const link = createRoute({
  method: 'put',
  path: '/v1/people/{id}/accounts',
  operationId: 'linkAccount',
  summary: 'Says whose account it is, whoever’s it was; a member whose last one it was is removed',
  tags,
  request: { params: Which, body: jsonBody(PersonAccount) },
  responses: { 200: jsonAnswer('The member, with all accounts', Person), ...refusals.change },
})

const unlink = createRoute({
  method: 'delete',
  path: '/v1/people/{id}/accounts',
  operationId: 'unlinkAccount',
  summary: 'Takes an account from a member; what the settings allow comes back by itself',
  tags,
  request: {
    params: Which,
    query: z.object({ channel: z.string().min(1), tenant: z.string().default(''), actor: z.string().min(1) }),
  },
  responses: { 204: { description: 'Done' }, ...refusals.change },
})

const refused = createRoute({
  method: 'get',
  path: '/v1/people/refused',
  operationId: 'listRefused',
  summary: 'Who wrote within the last seven days and may not',
  tags,
  responses: { 200: jsonAnswer('Newest first', RefusedList), ...refusals.read },
})

export function addPeopleRoutes(api: Api, { database, findAccount }: HttpParts): void {
  /** A platform that can be asked knows the id that an account has, whatever people call it. */
  const known = async <T extends { channel: string; actor: string }>(wanted: T): Promise<T> => ({
    ...wanted,
    actor: (await findAccount(wanted.channel, wanted.actor)) ?? wanted.actor,
  })

  api.openapi(list, async (c) => {
    const identities = await asOrg(database, c.get('principal').orgId, listIdentities)
    return c.json({ people: peopleToWire(identities) }, 200)
  })

  api.openapi(add, async (c) => {
    const body = c.req.valid('json')
    const replay = await findReplay<Person>(database, c, body)
    if (replay) return c.json(replay, 201)
    await asOrg(database, c.get('principal').orgId, (db) => assertChannel(db, body.channel))
    const wanted = await known(body)
    return c.json(await createOnce(database, c, body, (db, principal) => letIn(db, principal, wanted)), 201)
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    const { orgId, keyId } = c.get('principal')
    await asOrg(database, orgId, async (db) => {
      const { name } = await getMember(db, id)
      const accounts = (await listAccounts(db, id)).map(accountText)
      await removeMember(db, id)
      await writeAudit(db, { orgId, actor: keyId, action: 'member-removed', subject: id, detail: { name, accounts } })
    })
    return c.body(null, 204)
  })

  api.openapi(link, async (c) => {
    const { id: which } = c.req.valid('param')
    const body = c.req.valid('json')
    const { orgId, keyId } = c.get('principal')
    const { id } = await asOrg(database, orgId, async (db) => {
      await assertChannel(db, body.channel)
      return knownMember(db, which)
    })
    const { channel, tenant = '', actor } = await known(body)
    const person = await asOrg(database, orgId, async (db) => {
      const member = await getMember(db, id)
      await giveAccount(db, { account: { channel, tenant, actor }, member, by: keyId, how: 'override' })
      return personOf(db, id)
    })
    return c.json(person, 200)
  })

  api.openapi(unlink, async (c) => {
    const { id: which } = c.req.valid('param')
    const account: Account = c.req.valid('query')
    const { orgId, keyId } = c.get('principal')
    await asOrg(database, orgId, async (db) => {
      const { id, name } = await knownMember(db, which)
      const held = (await listAccounts(db, id)).find((each) => accountText(each) === accountText(account))
      if (!held)
        throw new UserError(
          'account-unknown',
          `${name} has no account ${accountText(account)}. GET /v1/people lists all.`,
        )
      await takeAccount(db, held, keyId)
    })
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
async function letIn(db: Db, { orgId, keyId }: Principal, wanted: Wanted): Promise<Person> {
  const { channel, tenant = '', actor, name, role } = wanted
  const account = { channel, tenant, actor }
  const holders = await listHolders(db, account)
  const granted = holders.find(({ source }) => source === 'granted')
  if (granted)
    throw new UserError(
      'account-known',
      `${channel} ${actor} is the account of ${nameOf(granted)} already. To give it to somebody else: drover people link`,
    )
  const same = holders.find(({ member }) => (role ?? member.role) === member.role)?.member
  const member =
    same ?? (await addMember(db, orgId, name ?? (await nameShown(db, channel, actor)) ?? actor, role ?? 'member'))
  if (!same)
    await writeAudit(db, {
      orgId,
      actor: keyId,
      action: 'member-added',
      subject: member.id,
      detail: { name: member.name, role: member.role, account: accountText(account) },
    })
  await giveAccount(db, { account, member, by: keyId, how: 'added' })
  return personOf(db, member.id)
}

async function personOf(db: Db, memberId: string): Promise<Person> {
  const [person] = peopleToWire(await listAccounts(db, memberId))
  return person as Person
}

async function getMember(db: Db, id: string): Promise<Member> {
  const member = await lockMember(db, id)
  if (member) return member
  throw new UserError('member-unknown', `There is no member ${id}. GET /v1/people lists them.`)
}

const nameOf = ({ member }: Identity) => `${member.name} (${member.id}, ${member.role})`

async function nameShown(db: Db, channel: string, actor: string): Promise<string | undefined> {
  return (await listRefused(db)).find((account) => account.channel === channel && account.actor === actor)?.name
}
