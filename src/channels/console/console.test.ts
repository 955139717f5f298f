import { expect, test } from 'vitest'
import { createTestStore } from '../../../test/channel-host.ts'
import { consoleChannel } from './console.ts'

const PLACE = { channel: 'console', tenant: '', room: 'cnv_1', thread: '' }

test('the console is there without a setting, and up as soon as it is started', async () => {
  const host = createTestStore().createHost()
  const channel = consoleChannel.create({}, host)
  const running = channel.start()
  expect(host.reports).toEqual([{ isUp: true }])
  expect(await channel.check()).toContain('drover chat')
  await running.stop()
})

test('a message is known by the key that it was sent with: sent again it is the same one', async () => {
  const channel = consoleChannel.create({}, createTestStore().createHost())
  const options = { idempotencyKey: 'dlv_1/0', signal: AbortSignal.timeout(30_000) }
  const send = () => channel.send(PLACE, { markdown: 'Hi' }, options)
  expect([await send(), await send()]).toEqual(['dlv_1/0', 'dlv_1/0'])
  expect(channel.limits.idempotentSend).toBe(true)
  await channel.edit(PLACE, 'dlv_1/0', { markdown: 'Hello' }, options.signal)
})

test('its places are conversations', () => {
  const { placeOf } = consoleChannel.setup
  expect(placeOf(' cnv_01ab ')).toEqual({ tenant: '', room: 'cnv_01ab', thread: '' })
  expect(() => placeOf('general')).toThrow('cnv_…')
})
