import { expect, test } from 'vitest'
import { registerConsole } from '../../test/console-kit.ts'
import { openTestApi, type TestApi } from '../../test/http-kit.ts'
import { asSystem } from '../db/scope.ts'
import { say } from '../deliveries/store.ts'
import { DEFAULT_ORG } from '../orgs/org.ts'
import { noteChannel } from '../places/channel-store.ts'
import { openPlace } from '../places/store.ts'
import type { ChannelList, Delivery, DeliveryList, Problem } from './wire.ts'

/** Two texts for one place; the first could not be sent. */
async function openOutbox() {
  const api = await openTestApi()
  await registerConsole(api, ['slack'])
  await asSystem(api.database, async (db) => {
    const place = await openPlace(db, DEFAULT_ORG, { channel: 'slack', tenant: 'T1', room: 'C1', thread: '' })
    await say(db, place, { markdown: 'One' })
    await say(db, place, { markdown: 'Two' })
  })
  const [, first] = await list(api)
  await asSystem(api.database, (db) =>
    db
      .updateTable('deliveries')
      .set({ status: 'dead', error: 'The room is gone.', tries: 1, ended_at: new Date() })
      .where('id', '=', first?.id ?? '')
      .execute(),
  )
  return api
}

const list = async (api: TestApi, query = '') => (await api.get<DeliveryList>(`/v1/deliveries${query}`)).deliveries

test('deliveries are listed, newest first, with what they say and why they were not sent', async () => {
  await using api = await openOutbox()
  expect(await list(api)).toMatchObject([
    { kind: 'text', status: 'pending', text: 'Two', messageIds: [], endedAt: null },
    {
      kind: 'text',
      status: 'dead',
      text: 'One',
      error: 'The room is gone.',
      place: { channel: 'slack', tenant: 'T1', room: 'C1', thread: '' },
    },
  ])
  expect(await list(api, '?status=dead')).toMatchObject([{ text: 'One' }])
  expect(await list(api, '?limit=1')).toMatchObject([{ text: 'Two' }])
  expect((await api.ask('GET', '/v1/deliveries?status=odd')).status).toBe(422)
})

test('what is dead is sent once more, and what is not sent is given up', async () => {
  await using api = await openOutbox()
  const [two, one] = await list(api)
  const refusal = async (path: string) => {
    const response = await api.ask('POST', `/v1/deliveries/${path}`)
    return [response.status, ((await response.json()) as Problem).code]
  }
  expect(await refusal(`${two?.id}/retry`)).toEqual([409, 'delivery-state'])
  const retried = await api.post<Delivery>(`/v1/deliveries/${one?.id}/retry`, undefined, 200)
  expect(retried).toMatchObject({ status: 'pending', tries: 0, error: null, endedAt: null })
  const discarded = await api.post<Delivery>(`/v1/deliveries/${two?.id}/discard`, undefined, 200)
  expect(discarded).toMatchObject({ status: 'discarded', endedAt: expect.any(String) })
  expect(await refusal(`${two?.id}/discard`)).toEqual([409, 'delivery-state'])
  expect(await refusal('dlv_none/retry')).toEqual([404, 'delivery-unknown'])
})

test('channels say whether they are up, and what to do where not', async () => {
  await using api = await openOutbox()
  await asSystem(api.database, async (db) => {
    await noteChannel(db, 'console', true, null)
    await noteChannel(db, 'slack', false, 'Reinstall the app.')
  })
  expect((await api.get<ChannelList>('/v1/channels')).channels).toMatchObject([
    { name: 'console', kind: 'console', isUp: true, reason: null },
    { name: 'slack', isUp: false, reason: 'Reinstall the app.' },
  ])
})

test('another org sees none of it, and can change none', async () => {
  await using api = await openOutbox()
  const [two, one] = await list(api)
  expect(await (await api.askAsStranger('GET', '/v1/deliveries')).json()).toEqual({ deliveries: [] })
  expect(await (await api.askAsStranger('GET', '/v1/channels')).json()).toEqual({ channels: [] })
  for (const path of [`${one?.id}/retry`, `${two?.id}/discard`])
    expect((await api.askAsStranger('POST', `/v1/deliveries/${path}`)).status).toBe(404)
  expect((await list(api)).map(({ status }) => status)).toEqual(['pending', 'dead'])
})
