import { expect, test } from 'vitest'
import type { TaskEvent } from '../http/wire.ts'
import { followEvents } from './follow-events.ts'
import { Refused } from './refused.ts'

const event = (seq: number) =>
  `id: ${seq}\nevent: text\ndata: ${JSON.stringify({ seq, event: { type: 'text', text: '' } })}\n\n`
const END = 'event: end\ndata: {"status":"completed"}\n\n'

/** A service whose answers are given: a stream of these pieces, a status, or no answer at all. */
function createService(...answers: (string[] | number | 'refused')[]) {
  const askedFrom: number[] = []
  const connect = async (lastId: number) => {
    askedFrom.push(lastId)
    const answer = answers.shift() ?? 'refused'
    if (answer === 'refused') throw new TypeError('fetch failed')
    if (typeof answer === 'number') return new Response('{"detail":"no","status":404}', { status: answer })
    return new Response(new Blob(answer).stream())
  }
  return { connect, askedFrom }
}

async function follow(service: ReturnType<typeof createService>) {
  const away: boolean[] = []
  const seqs: number[] = []
  const { signal } = new AbortController()
  const options = { after: 0, signal, onAway: (isAway: boolean) => away.push(isAway) }
  for await (const { seq } of followEvents(service.connect, options) as AsyncIterable<TaskEvent>) seqs.push(seq)
  return { seqs, away }
}

test('a stream is followed to the end that it tells', async () => {
  const service = createService([event(1), ': still here\n\n', event(2), END, event(3)])
  expect(await follow(service)).toEqual({ seqs: [1, 2], away: [] })
})

test('a service that goes away in the middle is asked again from the last number, and says nothing twice', async () => {
  const service = createService([event(1), event(2), 'id: 3\nevent: te'], 'refused', 503, [event(2), event(3), END])
  expect(await follow(service)).toEqual({ seqs: [1, 2, 3], away: [true, false] })
  expect(service.askedFrom).toEqual([0, 2, 2, 2])
})

test('what is refused is not asked for again', async () => {
  const service = createService(404)
  await expect(follow(service)).rejects.toBeInstanceOf(Refused)
  expect(service.askedFrom).toEqual([0])
})

test('whoever leaves is not held by a service that is away', async () => {
  const leaving = new AbortController()
  const options = { after: 0, signal: leaving.signal, onAway: () => leaving.abort() }
  const seen: TaskEvent[] = []
  for await (const one of followEvents(createService().connect, options)) seen.push(one)
  expect(seen).toEqual([])
})
