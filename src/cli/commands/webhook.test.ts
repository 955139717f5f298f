import { expect, test } from 'vitest'
import { openTestCli, type TestCli } from '../../../test/cli-kit.ts'
import { asSystem } from '../../db/scope.ts'
import type { CreatedWebhook, HookList, WebhookList } from '../../http/wire.ts'
import { DEFAULT_ORG } from '../../orgs/org.ts'
import { registerChannel } from '../../places/channel-store.ts'
import { disableSubscription } from '../../webhooks/store.ts'

async function openCli(): Promise<TestCli> {
  const cli = await openTestCli()
  const { database } = cli.api
  await asSystem(database, (db) => registerChannel(db, { name: 'webhook', orgId: DEFAULT_ORG, kind: 'webhook' }))
  return cli
}

const URL = 'https://example.com/drover'
const SECRET = /^whsec_[\w+/=]+\n$/

test('a webhook is added, its secret printed alone, listed with what is wrong, and removed', async () => {
  await using cli = await openCli()
  const added = await cli.drover(['webhook', 'add', URL, '--events', 'completed, task.failed'])
  expect(added).toMatchObject({ code: 0, out: expect.stringMatching(SECRET), err: expect.stringContaining(URL) })
  const { webhooks } = JSON.parse((await cli.drover(['webhook', 'list', '--json'])).out) as WebhookList
  expect(webhooks).toMatchObject([{ url: URL, events: ['task.completed', 'task.failed'] }])
  const { id } = webhooks[0]!
  expect((await cli.drover(['webhook', 'list'])).out).toMatch(/completed, failed +on\n$/)
  await asSystem(cli.api.database, (db) => disableSubscription(db, id, 'The receiver answered 410.'))
  expect((await cli.drover(['webhook', 'list'])).out).toContain('disabled: The receiver answered 410.')
  expect((await cli.drover(['webhook', 'remove', id])).out).toBe(`Removed ${id}.\n`)
  expect(await cli.drover(['webhook', 'list'])).toMatchObject({ out: '', err: expect.stringContaining('webhook add') })
  expect(await cli.drover(['webhook', 'remove', id])).toMatchObject({ code: 2 })
})

test('an event that there is not is refused; for programs all is JSON', async () => {
  await using cli = await openCli()
  const wrong = await cli.drover(['webhook', 'add', URL, '--events', 'done'])
  expect(wrong).toMatchObject({ code: 2, out: '', err: expect.stringContaining('task.completed') })
  const made = JSON.parse((await cli.drover(['webhook', 'add', URL, '--json'])).out) as CreatedWebhook
  expect(made.secret).toMatch(/^whsec_/)
  const removed = await cli.drover(['webhook', 'remove', made.id, '--json'])
  expect(JSON.parse(removed.out)).toEqual({ removed: made.id })
})

test('a hook is made for the repository of the folder, listed, and removed by its name', async () => {
  await using cli = await openCli()
  const add = ['webhook', 'hook', 'add', 'issues', '--template', 'Fix {{issue.title}}']
  const added = await cli.drover([...add, '--github', '--conversation', '{{issue.number}}'])
  expect(added).toMatchObject({ code: 0, out: expect.stringMatching(SECRET) })
  expect(added.err).toContain('/webhooks/in/hok_')
  const { hooks } = JSON.parse((await cli.drover(['webhook', 'hook', 'list', '--json'])).out) as HookList
  expect(hooks).toMatchObject([
    { name: 'issues', scheme: 'github', conversationTemplate: '{{issue.number}}', agent: null },
  ])
  expect(await cli.drover(add)).toMatchObject({ code: 2, err: expect.stringContaining('issues') })
  expect((await cli.drover(['webhook', 'hook', 'list'])).out).toContain('Fix {{issue.title}}')
  expect((await cli.drover(['webhook', 'hook', 'remove', 'issues'])).out).toBe('Removed issues.\n')
  expect(await cli.drover(['webhook', 'hook', 'remove', 'issues'])).toMatchObject({ code: 2 })
  expect((await cli.drover(add)).code).toBe(0)
})
