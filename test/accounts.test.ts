/** One person, several accounts: what a code proves, what it does not, and what an admin may say instead. */
import { expect, test } from 'vitest'
import type { Actor } from '../src/channels/channel.ts'
import { asOrg, asSystem, type Db } from '../src/db/scope.ts'
import { listAudit } from '../src/orgs/audit-store.ts'
import { giveAccount } from '../src/orgs/accounts.ts'
import type { Role } from '../src/orgs/member.ts'
import { addMember, listIdentities } from '../src/orgs/member-store.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { parkTask } from '../src/tasks/store.ts'
import { runOf } from '../src/tasks/task.ts'
import { createNotebook } from './fakes/notebook-channel.ts'
import { openTalk } from './talk-kit.ts'

const actor = (id: string, name = id): Actor => ({ id, name, isBot: false })
const ann = actor('U1', 'Ann')
const CODE = /\/link-account (\w{4}-\w{4})/

/** Two platforms: on the first one Ann is on the settings' list, on `second` nobody is. */
async function openAccounts() {
  const second = createNotebook({ name: 'second' })
  const talk = await openTalk({}, [second.channel])
  const { allowed } = talk
  talk.parts.allowed = (channel) => (channel === 'second' ? new Set() : allowed)
  const there = (who: Actor, room = who.id) => ({
    place: { channel: 'second', tenant: '', room, thread: '' },
    actor: who,
  })
  const inOrg = <T>(work: (db: Db) => Promise<T>) => asOrg(talk.database, DEFAULT_ORG, work)
  return {
    ...talk,
    second,
    there,
    inOrg,
    /** Asks for a code on the first platform. */
    async code(who = ann, room = 'r1') {
      const before = talk.notes.length
      await talk.say('/link-account', { actor: who, place: { ...talk.event('').place, room } })
      const note = await talk.sees((each) => talk.notes.indexOf(each) >= before && CODE.test(each.markdown), room)
      return CODE.exec(note.markdown)?.[1] ?? ''
    },
    saysThere: (text: string, who: Actor, room?: string) => talk.say(text, there(who, room)),
    /** Somebody whom a person has let in. */
    letIn: (channel: string, id: string, role: Role, name = id) =>
      inOrg(async (db) => {
        const member = await addMember(db, DEFAULT_ORG, name, role)
        await giveAccount(db, { account: { channel, tenant: '', actor: id }, member, by: 'key_1', how: 'added' })
        return member
      }),
    /** `channel/account: name (role)`, of all. */
    accounts: () =>
      inOrg(async (db) =>
        (await listIdentities(db))
          .map(({ channel, actor, member }) => `${channel}/${actor}: ${member.name} (${member.role})`)
          .toSorted(),
      ),
    audit: () =>
      inOrg(async (db) =>
        (await listAudit(db, { limit: 50 })).map(({ action, actorName }) => `${action} by ${actorName}`),
      ),
    async [Symbol.asyncDispose]() {
      await talk[Symbol.asyncDispose]()
    },
  }
}

test('a stranger who says the code is its member from then on, with the role; both places are told, and it is written down', async () => {
  await using kit = await openAccounts()
  const code = await kit.code()
  const bob = actor('77', 'Bobby')
  const said = await kit.saysThere(`/link-account ${code.toLowerCase()}`, bob)
  expect(said).toMatchObject({ verdict: 'command', reason: 'command /link-account' })
  await kit.second.sees(({ markdown }) => markdown.startsWith('🔗 You are Ann (owner) here, too.'))
  await kit.sees(({ markdown }) => markdown.startsWith('🔗 Bobby (`second/77`) is you from now on.'))
  expect(await kit.accounts()).toEqual(['notebook/U1: Ann (owner)', 'second/77: Ann (owner)'])
  expect(await kit.audit()).toEqual(['account-linked by Ann', 'member-added by null'])
  await kit.addCodebase('app')
  expect((await kit.saysThere('Do it', bob)).verdict).toBe('task')
  await kit.saysThere('/whoami', bob)
  await kit.second.sees(({ markdown }) => markdown.includes('`notebook/U1` (let in by the settings), `second/77`'))
})

test('a code works once, for fifteen minutes, and not for whom it was not made', async () => {
  await using kit = await openAccounts()
  const code = await kit.code()
  await kit.saysThere(`/link-account ${code}`, actor('1'))
  await kit.saysThere(`/link-account ${code}`, actor('2'))
  await kit.second.sees(({ markdown }) => markdown.startsWith('This code is wrong, was used'), '2')
  const old = await kit.code()
  await asSystem(kit.database, (db) =>
    db
      .updateTable('account_codes')
      .set({ expires_at: new Date(0) })
      .execute(),
  )
  await kit.saysThere(`/link-account ${old}`, actor('3'))
  await kit.second.sees(({ markdown }) => markdown.startsWith('This code is wrong, was used'), '3')
  expect(await kit.accounts()).toEqual(['notebook/U1: Ann (owner)', 'second/1: Ann (owner)'])
})

test('guessing is bounded: after five wrong codes even the right one is not looked at, which is said once', async () => {
  await using kit = await openAccounts()
  const eve = actor('666', 'Eve')
  const code = await kit.code()
  for (let times = 0; times < 5; times++) await kit.saysThere('/link-account AAAA-AAAA', eve)
  for (let times = 0; times < 3; times++)
    expect((await kit.saysThere(`/link-account ${code}`, eve)).reason).toContain('too many wrong codes')
  await kit.second.sees(({ markdown }) => markdown.startsWith('Too many wrong codes'))
  await kit.settle()
  expect(kit.second.notes).toHaveLength(6)
  // It is hers alone, until an hour is over.
  await asSystem(kit.database, (db) =>
    db
      .updateTable('code_guesses')
      .set({ since: new Date(Date.now() - 3_600_001) })
      .execute(),
  )
  expect((await kit.saysThere('/link-account BBBB-BBBB', eve)).reason).toBe('refused: account-code')
  expect((await kit.saysThere(`/link-account ${code}`, actor('77'))).verdict).toBe('command')
  expect(await kit.accounts()).toContain('second/77: Ann (owner)')
})

test('accounts cost nothing: of a whole channel a hundred wrong codes an hour are looked at', async () => {
  await using kit = await openAccounts()
  const code = await kit.code()
  await kit.saysThere('/link-account AAAA-AAAA', actor('1'))
  await asSystem(kit.database, (db) =>
    db.updateTable('code_guesses').set({ wrong: 100 }).where('actor', '=', '').execute(),
  )
  const said = await kit.saysThere(`/link-account ${code}`, actor('77'))
  expect(said.reason).toContain('too many wrong codes')
  await kit.second.sees(({ markdown }) => markdown.startsWith('Too many wrong codes'), '77')
})

test('whom the settings let in moves, and the member who has no account left is gone; what they asked for stays theirs', async () => {
  await using kit = await openAccounts()
  await kit.addCodebase('app')
  kit.parts.allowed = () => new Set(['U1', 'U2'])
  const cleo = actor('U2', 'Cleo')
  await kit.saysThere('Do it', cleo)
  const [task] = await kit.tasks()
  expect(await kit.accounts()).toEqual(['second/U2: Cleo (owner)'])
  await kit.saysThere(`/link-account ${await kit.code()}`, cleo)
  expect(await kit.accounts()).toEqual(['notebook/U1: Ann (owner)', 'second/U2: Ann (owner)'])
  expect((await kit.audit()).slice(0, 2)).toEqual(['member-removed by Ann', 'account-linked by Ann'])
  expect((await kit.tasks())[0]?.createdBy).toBe(task?.createdBy)
  // Off the list: it was granted since.
  kit.parts.allowed = () => new Set()
  expect((await kit.saysThere('And that', cleo)).verdict).toBe('task')
})

test('a code takes no account that somebody was granted, and no role from anybody', async () => {
  await using kit = await openAccounts()
  await kit.letIn('second', '9', 'member', 'Dan')
  const code = await kit.code()
  await kit.saysThere(`/link-account ${code}`, actor('9', 'Dan'))
  await kit.second.sees(({ markdown }) => markdown.includes('Only an admin may change that'))
  await kit.letIn('notebook', 'U5', 'member', 'Eli')
  kit.parts.allowed = () => new Set(['U1', '10'])
  const low = await kit.code(actor('U5', 'Eli'), 'r5')
  await kit.saysThere(`/link-account ${low}`, actor('10', 'Flo'))
  await kit.second.sees(({ markdown }) => markdown.includes('nobody loses a role by a code'))
  expect(await kit.accounts()).toContain('second/10: Flo (owner)')
  // It was not used up by that.
  expect((await kit.saysThere(`/link-account ${code}`, actor('11'))).reason).toBe('command /link-account')
})

test('where others read, too, no code is shown', async () => {
  await using kit = await openAccounts()
  const { reason } = await kit.say('/link-account', { isPrivate: false })
  expect(reason).toBe('refused: not-private')
})

test('a permission that was asked for on one platform is given from another account of the same person, and not by others', async () => {
  await using kit = await openAccounts()
  await kit.addCodebase('app')
  await kit.letIn('notebook', 'U5', 'member', 'Eli')
  await kit.letIn('second', '8', 'member', 'Dan')
  const eli = actor('U5', 'Eli')
  const r5 = { actor: eli, place: { ...kit.event('').place, room: 'r5' } }
  await kit.saysThere(`/link-account ${await kit.code(eli, 'r5')}`, actor('88', 'Eli'))
  await kit.say('/link', r5)
  const link = await kit.sees(({ markdown }) => /\/link \w{4}-/.test(markdown), 'r5')
  await kit.saysThere(/\/link \w{4}-\w{4}/.exec(link.markdown)?.[0] ?? '', actor('88', 'Eli'), 'shared')
  await kit.say('Do it', r5)
  const task = await kit.claimTask()
  await asSystem(kit.database, async (db) => {
    await db
      .insertInto('questions')
      .values({
        id: 'que_1',
        org_id: DEFAULT_ORG,
        conversation_id: task.conversationId ?? '',
        task_id: task.id,
        kind: 'permission',
        title: 'May I?',
        choices: JSON.stringify([{ id: 'allow', label: 'Allow', effect: 'allow_once' }]),
        free_text: false,
      })
      .execute()
    await parkTask(db, runOf(task), 'input')
  })
  const asked = await kit.second.sees(({ buttons }) => buttons.length > 0, 'shared')
  // By words that answer the question's own message.
  const reply = (who: Actor) => kit.say('allow', { ...kit.there(who, 'shared'), replyTo: asked.id })
  expect((await reply(actor('8', 'Dan'))).reason).toBe('refused: not-yours')
  expect((await reply(actor('88', 'Eli'))).reason).toBe('answer to: May I?')
})

test('an account is given back, but none that would come back by itself', async () => {
  await using kit = await openAccounts()
  const bob = actor('77', 'Bobby')
  await kit.saysThere(`/link-account ${await kit.code()}`, bob)
  await kit.say('/unlink-account second')
  await kit.sees(({ markdown }) => markdown.includes('`second/77` is not yours any more'))
  expect((await kit.saysThere('Hello', bob)).reason).toContain('not allowed')
  const { reason } = await kit.say('/unlink-account notebook')
  expect(reason).toBe('refused: by-settings')
  expect((await kit.audit())[0]).toBe('account-unlinked by Ann')
})

test('owners and admins say whose account it is; of what concerns an owner only an owner', async () => {
  await using kit = await openAccounts()
  await kit.say('/whoami')
  const eli = await kit.letIn('notebook', 'U5', 'member', 'Eli')
  await kit.letIn('notebook', 'U6', 'admin', 'Gus')
  const as = (id: string) => ({ actor: actor(id) })
  expect((await kit.say(`/link-user second 5 ${eli.id}`, as('U5'))).reason).toBe('refused: forbidden')
  expect((await kit.say('/link-user second 5 eli', as('U6'))).reason).toBe('command /link-user')
  expect((await kit.say('/link-user second 6 Ann', as('U6'))).reason).toBe('refused: forbidden')
  expect((await kit.say('/link-user notebook U1 Gus', as('U6'))).reason).toBe('refused: forbidden')
  expect((await kit.say('/link-user second 5 Ann')).reason).toBe('command /link-user')
  expect(await kit.accounts()).toContain('second/5: Ann (owner)')
  expect((await kit.say('/link-user second 5 nobody')).reason).toBe('refused: member-unknown')
  expect((await kit.say('/link-user irc 5 Ann')).reason).toBe('refused: channel-unknown')
})
