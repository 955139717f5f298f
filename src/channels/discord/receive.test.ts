import { expect, test } from 'vitest'
import { openDiscord } from '../../../test/fakes/discord/discord-kit.ts'
import { createKey, signedRequest } from '../../../test/fakes/discord/signed-request.ts'

const ADDRESS = 'http://drover.test/webhooks/discord'

async function openDoor() {
  const kit = await openDiscord()
  const { key, publicKey } = createKey()
  const { channel, host } = kit.create({ DISCORD_PUBLIC_KEY: publicKey })
  const { people, interactions } = kit.discord
  const slash = (text: string) =>
    interactions.slash(people.ada, kit.discord.world.channels.get(people.direct)!, text.slice(1), 'plan')
  return {
    ...kit,
    host,
    slash,
    receive: (request: Request) => channel.receive!(request),
    sign: (body: unknown, timestamp?: string) => signedRequest({ url: ADDRESS, key }, JSON.stringify(body), timestamp),
  }
}

test('Discord asks whether somebody is there', async () => {
  await using door = await openDoor()
  const response = await door.receive(door.sign({ type: 1, application_id: '1' }))
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ type: 1 })
})

test('a command is stored, then answered; posted twice, it has one key', async () => {
  await using door = await openDoor()
  const payload = door.slash('/command-invoke')
  const response = await door.receive(door.sign(payload))
  expect(await response.json()).toEqual({ type: 4, data: { content: 'On it.', flags: 64 } })
  await door.receive(door.sign(payload))
  expect(door.texts()).toEqual(['/command-invoke plan'])
  expect(door.store.events[0]).toMatchObject({ place: door.direct, actor: { name: 'ada' } })
})

test('a button is stored, and stops turning', async () => {
  await using door = await openDoor()
  const data = { component_type: 2, custom_id: 'q1|yes' }
  const pressed = { ...door.slash('/x'), type: 3, message: { id: '14' }, data }
  expect(await (await door.receive(door.sign(pressed))).json()).toEqual({ type: 6 })
  expect(door.store.events).toMatchObject([{ type: 'choice', questionId: 'q1', choiceId: 'yes', messageId: '14' }])
})

test('what is not signed with the key, or long ago, is not read', async () => {
  await using door = await openDoor()
  const payload = JSON.stringify(door.slash('/status'))
  const other = createKey()
  const changed = (name: string, value: string) => {
    const request = door.sign(door.slash('/status'))
    request.headers.set(name, value)
    return request
  }
  const long = String(Math.floor(Date.now() / 1000) - 600)
  for (const request of [
    new Request(ADDRESS, { method: 'POST', body: payload }),
    signedRequest({ url: ADDRESS, key: other.key }, payload),
    door.sign(door.slash('/status'), long),
    changed('x-signature-timestamp', String(Math.floor(Date.now() / 1000) - 1)),
    changed('x-signature-ed25519', 'zz'),
    changed('x-signature-ed25519', '0'.repeat(128)),
  ]) {
    expect((await door.receive(request)).status).toBe(401)
  }
  expect(door.store.takes).toEqual([])
})

test('what reads like nothing is refused', async () => {
  await using door = await openDoor()
  expect((await door.receive(door.sign({ type: 9 }))).status).toBe(400)
  expect((await door.receive(door.sign('text'))).status).toBe(400)
})

test('where it cannot be stored in time, the person is told that it failed', async () => {
  await using door = await openDoor()
  door.store.isAway = true
  expect((await door.receive(door.sign(door.slash('/status')))).status).toBe(503)
  expect(door.host.logs.join()).toMatch(/database is away/)
  // Back in time, it is stored.
  const answered = door.receive(door.sign(door.slash('/status')))
  await expect.poll(() => door.store.takes.length).toBeGreaterThan(10)
  door.store.isAway = false
  expect((await answered).status).toBe(200)
  expect(door.texts()).toEqual(['/status plan'])
})

test('without the key there is no door', async () => {
  await using kit = await openDiscord()
  expect(kit.create().channel.receive).toBeUndefined()
})
