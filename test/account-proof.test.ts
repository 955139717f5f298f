/** A GitHub account is proven by a gist, or said by an admin to be somebody's: by the real plug-in on the fake platform. */
import { expect, test } from 'vitest'
import { github as kind } from '../src/channels/github/github.ts'
import { asOrg, asSystem } from '../src/db/scope.ts'
import { createLog } from '../src/lib/log.ts'
import { giveAccount } from '../src/orgs/accounts.ts'
import { addMember, listIdentities } from '../src/orgs/member-store.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { findTask } from '../src/tasks/store.ts'
import { accountProofTask } from '../src/worker/kinds/account-proof.ts'
import { runTask } from '../src/worker/run-task.ts'
import { createTestStore } from './channel-host.ts'
import { startGitHub } from './fakes/github/start-github.ts'
import { createNotebook } from './fakes/notebook-channel.ts'
import { openTalk } from './talk-kit.ts'

const CODE = /^Make a public gist [^]*, as \w+, within 15 minutes:\n\n`(\w{4}-\w{4})`/

async function openProof() {
  const github = await startGitHub()
  const settings = { GITHUB_TOKEN: github.botToken, WEBHOOK_SECRET: 'secret', GITHUB_API_URL: github.url }
  const channel = kind.create(settings, createTestStore().createHost())!
  const discord = createNotebook({ name: 'discord' })
  const talk = await openTalk({}, [channel, discord.channel])
  const log = createLog({ level: 'silent', pretty: false, secrets: {} })
  const run = async () => {
    const task = await talk.claimTask()
    const kinds = {
      'account-proof': accountProofTask({ database: talk.database, channels: new Map([['github', channel]]) }),
    }
    await runTask({ database: talk.database, kinds }, { task, signal: new AbortController().signal, log })
    const ended = await asSystem(talk.database, (db) => findTask(db, task.id))
    return { status: ended?.status, text: ended?.result?.text ?? ended?.failure?.message }
  }
  return {
    ...talk,
    github,
    run,
    ada: { ...github.people.ada, login: 'ada', type: 'User' },
    async code(command = '/link-account github Ada') {
      const before = talk.notes.length
      await talk.say(command)
      const note = await talk.sees((each) => talk.notes.indexOf(each) >= before && CODE.test(each.markdown))
      return CODE.exec(note.markdown)?.[1] ?? ''
    },
    async prove(url: string) {
      expect(await talk.say(`/link-account ${url}`)).toMatchObject({ verdict: 'task' })
      return run()
    },
    accounts: () =>
      asOrg(talk.database, DEFAULT_ORG, async (db) =>
        (await listIdentities(db))
          .map(({ channel, actor, member }) => `${channel}/${actor}: ${member.name}`)
          .toSorted(),
      ),
    async [Symbol.asyncDispose]() {
      await talk[Symbol.asyncDispose]()
      await github.stop()
    },
  }
}

test('a gist with the code makes the account the member’s; what it lacks is said in a sentence, and the code is not used up by that', async () => {
  await using kit = await openProof()
  const { github, ada } = kit
  expect((await kit.say('/link-account https://gist.github.com/ada/0123456789abcdef0123')).reason).toBe(
    'refused: account-code',
  )
  const code = await kit.code()
  const missing = 'https://gist.github.com/ada/0123456789abcdef0123'
  expect(await kit.prove(missing)).toEqual({ status: 'failed', text: expect.stringContaining(`no gist at ${missing}`) })
  const empty = github.gists.add({ by: ada, text: 'nothing' })
  expect(await kit.prove(empty)).toEqual({ status: 'failed', text: expect.stringContaining('None of your codes') })
  const eve = { id: 99, login: 'eve', type: 'User' }
  const eves = github.gists.add({ by: eve, text: code })
  expect(await kit.prove(eves)).toEqual({ status: 'failed', text: expect.stringContaining('written by eve') })
  // What stands in a gist is read by everybody: said by anybody else it is worth nothing.
  const place = { channel: 'discord', tenant: '', room: 'x', thread: '' }
  const said = await kit.say(`/link-account ${code}`, { place, actor: { id: '5', name: 'ada', isBot: false } })
  expect(said.reason).toBe('refused: account-code')

  const good = github.gists.add({ by: ada, text: `It is me: ${code}.`, isPublic: false })
  github.faults.add(/gists/, { kind: 'spent', seconds: 60 })
  expect(await kit.prove(good)).toEqual({ status: 'scheduled', text: expect.stringContaining('asked too often') })
  await asSystem(kit.database, (db) =>
    db
      .updateTable('tasks')
      .set({ run_at: new Date(0) })
      .execute(),
  )
  expect(await kit.run()).toEqual({ status: 'completed', text: expect.stringContaining('🔗 ada on github is you') })
  expect(await kit.accounts()).toEqual([`github/${ada.id}: Ann`, 'notebook/U1: Ann'])
  // Used up now.
  expect((await kit.say(`/link-account ${good}`)).reason).toBe('refused: account-code')
})

test('the code counts in a comment of that account, too, and an old one nowhere', async () => {
  await using kit = await openProof()
  const code = await kit.code('/rm-link ada')
  const url = kit.github.gists.add({ by: kit.ada, text: code })
  await kit.say(`/link-account ${url}`)
  await asSystem(kit.database, (db) =>
    db
      .updateTable('account_codes')
      .set({ expires_at: new Date(0) })
      .execute(),
  )
  expect(await kit.run()).toEqual({ status: 'failed', text: expect.stringContaining('older than 15 minutes') })
  const place = { channel: 'github', tenant: '', room: 'ada/hello', thread: '1' }
  const actor = { id: String(kit.ada.id), name: 'ada', isBot: false }
  expect((await kit.say(`/link-account ${await kit.code()}`, { place, actor })).reason).toBe('command /link-account')
  expect(await kit.accounts()).toContain(`github/${kit.ada.id}: Ann`)
})

test('an account of somebody else is not taken by a gist; an owner may give it, by the name that it has', async () => {
  await using kit = await openProof()
  const give = (channel: string, actor: string, name: string) =>
    asOrg(kit.database, DEFAULT_ORG, async (db) => {
      const member = await addMember(db, DEFAULT_ORG, name, 'member')
      await giveAccount(db, { account: { channel, tenant: '', actor }, member, by: 'key_1', how: 'added' })
    })
  await give('github', String(kit.ada.id), 'Dan')
  await give('discord', '4242', 'Eli')
  const url = kit.github.gists.add({ by: kit.ada, text: await kit.code() })
  expect(await kit.prove(url)).toEqual({ status: 'failed', text: expect.stringContaining('Only an admin') })
  expect((await kit.say('/rm-link-user ADA <@!4242>')).verdict).toBe('task')
  expect(await kit.run()).toEqual({ status: 'completed', text: `🔗 ada (${kit.ada.id}) on github is Eli from now on.` })
  expect(await kit.accounts()).toEqual(['discord/4242: Eli', `github/${kit.ada.id}: Eli`, 'notebook/U1: Ann'])
  await kit.say('/link-user github nobody-here Eli')
  expect(await kit.run()).toEqual({ status: 'failed', text: expect.stringContaining('has no account') })
  expect((await kit.say('/rm-link-user ada 1')).reason).toBe('refused: member-unknown')
  expect((await kit.say('/link-account discord')).reason).toBe('refused: no-accounts')
})
