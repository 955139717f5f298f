import { expect, test } from 'vitest'
import { openTestApi } from '../../test/http-kit.ts'
import { asSystem } from '../db/scope.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { findCredentials, registerChannel } from '../places/channel-store.ts'

test('credentials of one more tenant are stored sealed, and newer ones stand instead of them', async () => {
  await using api = await openTestApi()
  await asSystem(api.database, (db) => registerChannel(db, { name: 'slack', orgId: DEFAULT_ORG, kind: 'slack' }))
  const put = (botToken: string) =>
    api.ask('PUT', '/v1/channels/slack/credentials', { tenant: 'T1', values: { botToken } })
  expect((await put('xoxb-1')).status).toBe(200)
  expect((await put('xoxb-2')).status).toBe(200)
  const sealed = await asSystem(api.database, (db) => findCredentials(db, 'slack', 'T1'))
  expect(JSON.parse(String(sealed))).toEqual({ botToken: 'xoxb-2' })
})

test('a channel that nobody has opened takes none', async () => {
  await using api = await openTestApi()
  const answer = await api.ask('PUT', '/v1/channels/fax/credentials', { tenant: 'T1', values: { botToken: 'x' } })
  expect([answer.status, await answer.json()]).toMatchObject([
    404,
    { detail: expect.stringContaining('no channel fax') },
  ])
})
