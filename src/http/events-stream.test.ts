import { expect, test } from 'vitest'
import { openTestApi, startTask, type TestApi } from '../../test/http-kit.ts'
import { readServerEvents } from '../lib/server-events.ts'
import { asSystem } from '../db/scope.ts'
import { appendEvents } from '../events/store.ts'
import { cancelTask, settleTask } from '../tasks/store.ts'
import type { Run } from '../tasks/task.ts'
import type { TaskEvent } from './wire.ts'

const open = (api: TestApi, taskId: string, query = '', headers: Record<string, string> = {}) =>
  api.ask('GET', `/v1/tasks/${taskId}/events${query}`, undefined, { accept: 'text/event-stream', ...headers })

/** Numbers as they come, to the end of the stream or until `enough`; the last says how it ended. */
async function read(response: Response, enough = Infinity): Promise<{ seqs: number[]; end: string }> {
  const seqs: number[] = []
  if (!response.body) throw new Error('There is no stream.')
  for await (const { event, data } of readServerEvents(response.body, () => undefined)) {
    if (event === 'end') return { seqs, end: data }
    seqs.push((JSON.parse(data) as TaskEvent).seq)
    if (seqs.length >= enough) return { seqs, end: 'left' }
  }
  return { seqs, end: 'broken' }
}

const say = (api: TestApi, run: Run, text: string) =>
  asSystem(api.database, (db) => appendEvents(db, run, [{ type: 'text', text }]))
const finish = (api: TestApi, run: Run) =>
  asSystem(api.database, (db) => settleTask(db, run, 'completed', { result: { text: 'ok', durationMs: 1 } }))
const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, index) => from + index)

test('a stream tells all that happened, then what happens, and says when the task has ended', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  const run = await api.claim()
  await say(api, run, 'before')
  const response = await open(api, id)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const reading = read(response)
  await say(api, run, 'after')
  await finish(api, run)
  expect(await reading).toEqual({ seqs: upTo(5), end: '{"status":"completed"}' })
  expect(await read(await open(api, id))).toEqual({ seqs: upTo(5), end: '{"status":"completed"}' })
})

test('while many write, no reader misses an event or gets one twice, also when the stream breaks again and again', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  const run = await api.claim()
  const total = 400

  async function write() {
    const writers = Array.from({ length: 4 }, async () => {
      for (let number = 0; number < total / 4; number++) await say(api, run, `${number}`)
    })
    await Promise.all(writers)
    await finish(api, run)
  }
  async function readBroken() {
    const seqs: number[] = []
    for (;;) {
      const response = await open(api, id, '', { 'last-event-id': String(seqs.at(-1) ?? 0) })
      const part = await read(response, 1 + (seqs.length % 37))
      seqs.push(...part.seqs)
      if (part.end !== 'left') return seqs
    }
  }
  const [, whole, other, ...broken] = await Promise.all([
    write(),
    open(api, id).then((response) => read(response)),
    open(api, id, '?after=100').then((response) => read(response)),
    readBroken(),
    readBroken(),
  ])
  const last = total + 3
  expect(whole.seqs).toEqual(upTo(last))
  expect(other.seqs).toEqual(upTo(last, 101))
  for (const seqs of broken) expect(seqs).toEqual(upTo(last))
})

test('Last-Event-ID goes before ?after, and a number beyond the last is no mistake', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  await finish(api, await api.claim())
  expect((await read(await open(api, id, '?after=0', { 'last-event-id': '2' }))).seqs).toEqual([3])
  expect(await read(await open(api, id, '?after=99'))).toMatchObject({ seqs: [], end: '{"status":"completed"}' })
  expect((await open(api, id, '', { 'last-event-id': 'x' })).status).toBe(422)
})

test('with follow=forever a stream goes on after the end', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  await asSystem(api.database, (db) => cancelTask(db, id))
  const reading = read(await open(api, id, '?follow=forever'), 3)
  await api.post(`/v1/tasks/${id}/retry`, {}, 200)
  expect(await reading).toEqual({ seqs: [1, 2, 3], end: 'left' })
})

test('without a NOTIFY the stream finds what is new by itself', async () => {
  const deaf = { on: () => () => undefined, stop: async () => undefined }
  await using api = await openTestApi()
  await using deafApi = await openTestApi({ database: { ...api.database, listener: deaf } })
  const { id } = await startTask(api)
  const run = await api.claim()
  const headers = { authorization: `Bearer ${api.key}`, accept: 'text/event-stream' }
  const reading = read(await deafApi.http.fetch(new Request(`http://localhost/v1/tasks/${id}/events`, { headers })))
  await say(api, run, 'unheard')
  await finish(api, run)
  expect((await reading).seqs).toEqual(upTo(4))
})

test('a stream where nothing happens says that it lives', async () => {
  await using api = await openTestApi({ streams: { pollMs: 1_000, heartbeatMs: 20 } })
  const { id } = await startTask(api)
  const { body } = await open(api, id)
  let text = ''
  for await (const chunk of (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (text.includes(': still here\n\n')) break
  }
  expect(text).toMatch(/^retry: 1000\n\nid: 1\nevent: state\ndata: \{.*\}\n\n: still here\n\n/)
})

test('when the service closes, streams end without saying that the task has', async () => {
  await using api = await openTestApi()
  const { id } = await startTask(api)
  const reading = read(await open(api, id))
  await api.http.close()
  expect((await reading).end).toBe('broken')
})

test('a client that reads slowly is not read ahead for, and gets everything', async () => {
  await using api = await openTestApi({ streams: { pollMs: 60_000, heartbeatMs: 60_000 } })
  const { id } = await startTask(api)
  const run = await api.claim()
  for (let number = 0; number < 5; number++) {
    await asSystem(api.database, (db) =>
      appendEvents(
        db,
        run,
        Array.from({ length: 200 }, () => ({ type: 'text' as const, text: 'x'.repeat(500) })),
      ),
    )
  }
  await finish(api, run)
  let reads = 0
  const { pool } = api.database
  const connect = pool.connect.bind(pool) as () => Promise<never>
  pool.connect = () => {
    reads += 1
    return connect()
  }
  const response = await open(api, id)
  // Two for the key and the task; then at most what one waiting chunk needs.
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(reads).toBeLessThanOrEqual(5)
  pool.connect = connect
  expect((await read(response)).seqs).toEqual(upTo(1_003))
})
