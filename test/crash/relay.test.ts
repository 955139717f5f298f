/** The relay's promise: whatever is killed, what was posted arrives, in its order, as it was signed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { asSystem } from '../../src/db/scope.ts'
import { addChannel } from '../../src/relay/store.ts'
import { signatureOf, startReceivingService } from '../relay-kit.ts'
import { openTestDb } from '../test-db.ts'
import { openFolder } from '../test-service.ts'
import { end } from './up.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const COUNT = 300

/** `drover relay …` as a process of its own, once it has said this. */
async function relayProcess(args: string[], says: RegExp, env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN, 'relay', ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  for (;;) {
    const [, found] = says.exec(output) ?? []
    if (found !== undefined) return { child, found }
    if (child.exitCode !== null) throw new Error(output)
    await sleep(20)
  }
}

/** What JSON.parse and JSON.stringify would change, a form, and text beyond ASCII. */
const bodyOf = (n: number) =>
  [`{ "n" : ${n}, "x": 4.0 , "u":"\\u00e9 \\/" }`, `n=${n}&payload=%7B%22a%22%3A1%7D&y=%20z+`, `{"n":${n},"é":"😀"}`][
    n % 3
  ]!
const typeOf = (n: number) => (n % 3 === 1 ? 'application/x-www-form-urlencoded' : 'application/json')
const numberOf = (body: Buffer) => Number(/n"? ?[:=] ?(\d+)/.exec(body.toString())?.[1])

test('three hundred webhooks, the relay and its client killed in their midst: all arrive in order, and are genuine', async () => {
  await using database = await openTestDb()
  const { id, token } = await asSystem(database, (db) => addChannel(db, 'home'))
  // Busy now and then.
  let calls = 0
  await using service = await startReceivingService(() => ({ status: ++calls % 97 === 0 ? 503 : 202 }))
  const home = await openFolder('drover-relay-')
  const env = { HOME: home, DROVER_HOME: home, DATABASE_URL: database.url }
  const serve = (port: string) => relayProcess(['serve', '--port', port], /listens on (http:\S+)/, env)
  let relay = await serve('0')
  const { port } = new URL(relay.found)
  const address = `${relay.found}/r/${id}`
  const connect = () =>
    relayProcess(['connect'], /"(connected to the relay)"/, {
      ...env,
      DROVER_RELAY_URL: address,
      DROVER_RELAY_TOKEN: token,
      DROVER_URL: service.url,
    })
  let client = await connect()
  const killed: Promise<unknown>[] = []
  const kill = (child: ChildProcess, again: () => Promise<void>) => killed.push(end(child, 'SIGKILL').then(again))

  for (let n = 0; n < COUNT; n++) {
    if (n === 100) kill(relay.child, async () => void (relay = await serve(port)))
    if (n === 200) kill(client.child, async () => void (client = await connect()))
    const body = bodyOf(n)
    const headers = { 'content-type': typeOf(n), 'x-hub-signature-256': signatureOf(body) }
    // As a platform that posts again what was not answered.
    while (!(await fetch(`${address}/webhooks/github`, { method: 'POST', body, headers }).catch(() => undefined))?.ok)
      await sleep(50)
  }
  await Promise.all(killed)
  const arrived = () => service.posts.map(({ body }) => numberOf(body))
  await vi.waitFor(() => expect(new Set(arrived()).size).toBe(COUNT), { timeout: 60_000, interval: 50 })
  await Promise.all([end(relay.child, 'SIGTERM'), end(client.child, 'SIGTERM')])

  expect(arrived()).toEqual(arrived().toSorted((a, b) => a - b))
  // Posted again because the answer was lost; handed on again because nobody knew that it had arrived.
  expect(arrived().length - COUNT).toBeLessThanOrEqual(2)
  expect(service.posts.filter(({ isGenuine }) => !isGenuine)).toEqual([])
  expect([relay.child.exitCode, client.child.exitCode]).toEqual([0, 0])
  await rm(home, { recursive: true, force: true })
}, 120_000)
