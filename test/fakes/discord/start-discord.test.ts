/** The fake's teeth, also those that the plug-in never meets. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { startDiscord, type FakeDiscord } from './start-discord.ts'

async function ask(discord: FakeDiscord, method: string, path: string, body?: unknown) {
  const response = await fetch(`${discord.apiUrl}/v10${path}`, {
    method,
    headers: { authorization: `Bot ${discord.token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

const button = (customId: string, label = 'Yes') => ({ type: 2, style: 2, custom_id: customId, label })
const rowsOf = (...rows: object[][]) => rows.map((components) => ({ type: 1, components }))

test.for<[string, object]>([
  ['content', { content: 'x'.repeat(2001) }],
  ['nonce', { content: 'x', nonce: 'n'.repeat(26) }],
  ['components', { content: 'x', components: rowsOf(...Array.from({ length: 6 }, (_, n) => [button(`b${n}`)])) }],
  ['components', { content: 'x', components: rowsOf([button('a'), button('a')]) }],
  ['components', { content: 'x', components: rowsOf(Array.from({ length: 6 }, (_, n) => button(`b${n}`))) }],
  ['components', { content: 'x', components: rowsOf([button('a', 'y'.repeat(81))]) }],
  ['components', { content: 'x', components: rowsOf([button('a'.repeat(101))]) }],
])('a wrong %s is refused by its field', async ([field, message]) => {
  await using discord = await startDiscord()
  const { status, body } = await ask(discord, 'POST', `/channels/${discord.people.direct}/messages`, message)
  expect(status).toBe(400)
  expect(body).toMatchObject({ code: 50_035, errors: { [field]: expect.anything() } })
  expect(discord.people.shown(discord.people.direct)).toEqual([])
})

test('who is mentioned is notified, unless it is forbidden', async () => {
  await using discord = await startDiscord()
  const { people } = discord
  const path = `/channels/${people.channel}/messages`
  const content = `@everyone <@${people.ada.id}> \`<@${people.bert.id}>\``
  await ask(discord, 'POST', path, { content })
  await ask(discord, 'POST', path, { content, allowed_mentions: { parse: ['users'] } })
  await ask(discord, 'POST', path, { content, allowed_mentions: { parse: [], users: [people.ada.id] } })
  const { body } = await ask(discord, 'POST', path, { content, allowed_mentions: { parse: [] } })
  expect(people.shown(people.channel).map(({ notified }) => notified)).toEqual([
    [people.ada.id, 'everyone'],
    [people.ada.id],
    [people.ada.id],
    [],
  ])
  await ask(discord, 'PATCH', `${path}/${body.id}`, { content })
  expect(people.shown(people.channel).at(-1)?.notified).toEqual([people.ada.id, 'everyone'])
})

test('a message of others cannot be changed, an empty one not be sent', async () => {
  await using discord = await startDiscord()
  const { people } = discord
  const id = people.say(people.direct, 'hello')
  const path = `/channels/${people.direct}/messages`
  expect((await ask(discord, 'PATCH', `${path}/${id}`, { content: 'x' })).body).toMatchObject({ code: 50_005 })
  expect((await ask(discord, 'POST', path, { content: ' ' })).body).toMatchObject({ code: 50_006 })
  expect((await ask(discord, 'PATCH', `${path}/1`, { content: 'x' })).body).toMatchObject({ code: 10_008 })
  expect((await ask(discord, 'GET', `/channels/1/messages`)).body).toMatchObject({ code: 10_003 })
})

test('a bucket that is empty answers 429 with the time to wait', async () => {
  await using discord = await startDiscord()
  discord.rules.messagesInFiveSeconds = 1
  const path = `/channels/${discord.people.direct}/messages`
  expect((await ask(discord, 'POST', path, { content: 'x' })).headers.get('x-ratelimit-remaining')).toBe('0')
  const { status, headers, body } = await ask(discord, 'POST', path, { content: 'x' })
  expect(status).toBe(429)
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(body).toMatchObject({ retry_after: Number(headers.get('retry-after')), global: false })
})

test('a thread is opened once, and an interaction answered once', async () => {
  await using discord = await startDiscord()
  const { people, interactions, world } = discord
  const id = people.say(people.channel, 'hello')
  const path = `/channels/${people.channel}/messages/${id}/threads`
  expect((await ask(discord, 'POST', path, { name: '' })).body).toMatchObject({ code: 50_035 })
  expect(await ask(discord, 'POST', path, { name: 'hello' })).toMatchObject({ status: 201, body: { id, type: 11 } })
  expect((await ask(discord, 'POST', path, { name: 'hello' })).body).toMatchObject({ code: 160_004 })
  const command = interactions.slash(people.ada, world.channels.get(people.direct)!, 'status', '')
  const callback = `/interactions/${String(command['id'])}/${String(command['token'])}/callback`
  expect((await ask(discord, 'POST', callback, { type: 5 })).status).toBe(204)
  expect((await ask(discord, 'POST', callback, { type: 5 })).body).toMatchObject({ code: 40_060 })
  interactions.expire()
  expect((await ask(discord, 'POST', callback, { type: 5 })).body).toMatchObject({ code: 10_062 })
})

interface Frame {
  op: number
  t: string | null
  s: number | null
  d: unknown
}

/** A client of the Gateway that does no more than the test says. */
async function openGateway(discord: FakeDiscord) {
  const { body } = await ask(discord, 'GET', '/gateway/bot')
  const socket = new WebSocket(`${body.url}?v=10&encoding=json`)
  const frames: Frame[] = []
  let closedWith: number | undefined
  socket.addEventListener('message', ({ data }) => frames.push(JSON.parse(String(data))))
  socket.addEventListener('close', ({ code }) => (closedWith = code))
  await once(socket, 'open')
  const send = (op: number, d: unknown) => socket.send(JSON.stringify({ op, d }))
  const intents = 1 | (1 << 9) | (1 << 12) | (1 << 15)
  return {
    frames,
    code: () => closedWith,
    told: () => frames.flatMap(({ t }) => t ?? []),
    send,
    identify: () => send(2, { token: discord.token, intents, properties: {} }),
    close: (code?: number) => socket.close(code),
  }
}

test('the Gateway says hello, answers heartbeats, and knows its codes', async () => {
  await using discord = await startDiscord()
  const one = await openGateway(discord)
  await expect.poll(() => one.frames).toMatchObject([{ op: 10, d: { heartbeat_interval: 41_250 } }])
  one.send(1, null)
  await expect.poll(() => one.frames.map(({ op }) => op)).toEqual([10, 11])
  one.send(2, { token: 'wrong', intents: 0 })
  await expect.poll(one.code).toBe(4004)
  const two = await openGateway(discord)
  two.send(99, null)
  await expect.poll(two.code).toBe(4001)
  discord.rules.hasMessageContent = false
  const three = await openGateway(discord)
  three.identify()
  await expect.poll(three.code).toBe(4014)
})

test('who resumes is told what he missed, unless he left with 1000', async () => {
  await using discord = await startDiscord()
  const { people } = discord
  const one = await openGateway(discord)
  one.identify()
  await expect.poll(one.told).toEqual(['READY', 'GUILD_CREATE'])
  const { session_id: session } = one.frames[1]!.d as { session_id: string }
  one.close(4200)
  await expect.poll(discord.gateway.count).toBe(0)
  people.say(people.direct, 'meanwhile')
  const two = await openGateway(discord)
  two.send(6, { token: discord.token, session_id: session, seq: 2 })
  await expect.poll(two.told).toEqual(['MESSAGE_CREATE', 'RESUMED'])
  const three = await openGateway(discord)
  three.send(6, { token: discord.token, session_id: session, seq: 99 })
  await expect.poll(three.code).toBe(4007)
  two.close(1000)
  await expect.poll(discord.gateway.count).toBe(0)
  const four = await openGateway(discord)
  four.send(6, { token: discord.token, session_id: session, seq: 2 })
  await expect.poll(() => four.frames.at(-1)).toMatchObject({ op: 9, d: false })
})

test('the address of a file is signed, and good for a time', async () => {
  await using discord = await startDiscord()
  const { people, world } = discord
  const id = people.say(people.direct, '', { files: [{ name: 'a b.txt', content: Buffer.from('a'), isVoice: true }] })
  const readUrl = async () =>
    (await ask(discord, 'GET', `/channels/${people.direct}/messages/${id}`)).body.attachments[0].url as string
  const statusOf = async (url: string) => (await fetch(url)).status
  const url = await readUrl()
  expect(await statusOf(url)).toBe(200)
  expect(await statusOf(url.replace(/hm=../, 'hm=00'))).toBe(404)
  expect(await statusOf(url.replace('a%20b', 'c'))).toBe(404)
  world.cdn.expire()
  expect(await statusOf(url)).toBe(404)
  expect(await statusOf(await readUrl())).toBe(200)
})
