import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AgentEvent, Ask, Ending, Host } from './driver.ts'
import { classifyFailure, SOFT_STOP_MS, startTurn, type RunningTurn, type TurnParts } from './turn.ts'

const LIMITS = { wallMs: 60_000, stallMs: 10_000, outputBytes: 100_000 }
const QUESTION: Ask = { id: 'q', kind: 'question', title: 'Which?', choices: [], freeText: true }
const NOBODY: Host = { ask: async () => 'park' }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A turn of an agent that does what `run` does, and how often and how patiently its processes were stopped. */
function start(run: (turn: RunningTurn) => Promise<Ending>, changes: Partial<TurnParts> = {}) {
  const stops: number[] = []
  const stopProcesses = async (graceMs: number) => void stops.push(graceMs)
  const turn = startTurn({ limits: LIMITS, host: NOBODY, resume: null, run, stopProcesses, ...changes })
  return { turn, stops }
}

async function eventsOf(turn: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  return Array.fromAsync(turn)
}

/** As a good agent does: ends its turn when told to. */
const untilStopped = ({ signal }: RunningTurn) =>
  new Promise<Ending>((resolve) => {
    signal.addEventListener('abort', () => resolve({ status: 'cancelled' }))
  })
const forEver = () => new Promise<Ending>(() => {})

test('events come in order, text is joined, and the last token and spend are kept', async () => {
  const { turn, stops } = start(async ({ emit }) => {
    emit({ type: 'session', resume: 'token-1' })
    emit({ type: 'text', text: 'one ' })
    emit({ type: 'text', text: 'two' })
    emit({ type: 'session', resume: 'token-2' })
    return { status: 'done' }
  })
  expect((await eventsOf(turn)).map(({ type }) => type)).toEqual(['session', 'text', 'text', 'session'])
  expect(await turn.outcome).toMatchObject({ status: 'done', text: 'one two', resume: 'token-2', spend: { usd: null } })
  expect(stops).toEqual([])
})

test('the outcome comes even when nobody reads the events', async () => {
  const { turn } = start(async ({ emit }) => {
    emit({ type: 'text', text: 'heard by nobody' })
    return { status: 'done' }
  })
  expect((await turn.outcome).text).toBe('heard by nobody')
})

test('what a driver throws is a failure, classified by its words', async () => {
  const { turn } = start(async () => {
    throw new Error('HTTP 429: slow down')
  })
  expect(await turn.outcome).toMatchObject({ status: 'failed', why: 'rate_limit', detail: 'HTTP 429: slow down' })
})

test('an agent that obeys a cancel has its process ended gently', async () => {
  const { turn, stops } = start(untilStopped)
  turn.cancel()
  expect((await turn.outcome).status).toBe('cancelled')
  expect(stops).toEqual([1000])
})

test('an agent that does not obey is killed after four seconds', async () => {
  const { turn, stops } = start(forEver)
  turn.cancel()
  await vi.advanceTimersByTimeAsync(SOFT_STOP_MS - 1)
  expect(stops).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect((await turn.outcome).status).toBe('cancelled')
  expect(stops).toEqual([0])
})

test('the first reason to stop is the outcome, whatever comes after it', async () => {
  const { turn } = start(forEver)
  await vi.advanceTimersByTimeAsync(LIMITS.stallMs)
  turn.cancel()
  await vi.advanceTimersByTimeAsync(SOFT_STOP_MS)
  expect(await turn.outcome).toMatchObject({ status: 'failed', why: 'stalled' })
})

test('a cancel after the end changes nothing', async () => {
  const { turn, stops } = start(async () => ({ status: 'done' }))
  expect((await turn.outcome).status).toBe('done')
  turn.cancel()
  expect((await turn.outcome).status).toBe('done')
  expect(stops).toEqual([])
})

test('signs of life keep the stall clock from ringing, and the wall clock rings in any case', async () => {
  const { turn } = start((running) => {
    const life = setInterval(() => running.stayAlive(), 1000)
    return untilStopped(running).finally(() => clearInterval(life))
  })
  await vi.advanceTimersByTimeAsync(LIMITS.wallMs)
  expect(await turn.outcome).toMatchObject({ status: 'limit', limit: 'wall' })
})

test('the stall clock stands still while people are asked, and goes on when the last of them answered', async () => {
  const replies: (() => void)[] = []
  const host: Host = { ask: () => new Promise((resolve) => replies.push(() => resolve({ text: 'yes' }))) }
  const { turn } = start(
    async (running) => {
      await Promise.all([running.ask(QUESTION), running.ask(QUESTION)])
      return untilStopped(running)
    },
    { host },
  )
  await vi.advanceTimersByTimeAsync(LIMITS.stallMs * 2)
  replies[0]?.()
  await vi.advanceTimersByTimeAsync(LIMITS.stallMs * 2)
  replies[1]?.()
  await vi.advanceTimersByTimeAsync(LIMITS.stallMs)
  expect(await turn.outcome).toMatchObject({ status: 'failed', why: 'stalled' })
})

test('a question that nobody answers parks the turn, and questions behind it are not put', async () => {
  const host = { ask: vi.fn<Host['ask']>().mockResolvedValue('park') }
  const { turn, stops } = start(
    async ({ ask }) => {
      expect(await ask(QUESTION)).toBe('park')
      expect(await ask({ ...QUESTION, id: 'q2' })).toBe('stopped')
      return { status: 'cancelled' }
    },
    { host },
  )
  expect(await turn.outcome).toMatchObject({ status: 'parked', question: QUESTION })
  expect(host.ask).toHaveBeenCalledTimes(1)
  expect(stops).toEqual([1000])
})

test('a cancel while a question is open is a cancel', async () => {
  const { turn } = start(
    async ({ ask }) => {
      expect(await ask(QUESTION)).toBe('stopped')
      return { status: 'cancelled' }
    },
    { host: { ask: () => new Promise(() => {}) } },
  )
  turn.cancel()
  expect((await turn.outcome).status).toBe('cancelled')
})

test('a question that cannot be asked fails the turn', async () => {
  const host: Host = { ask: () => Promise.reject(new Error('the database is away')) }
  const { turn } = start(async ({ ask }) => ask(QUESTION).then(() => ({ status: 'cancelled' })), { host })
  expect(await turn.outcome).toMatchObject({ status: 'failed', detail: expect.stringContaining('database') })
})

test('beyond the output cap nothing is kept but a notice, and the turn ends', async () => {
  const { turn } = start(async (running) => {
    const stopping = untilStopped(running)
    for (let piece = 0; piece < 100; piece += 1) running.emit({ type: 'text', text: 'x'.repeat(2000) })
    return stopping
  })
  const events = await eventsOf(turn)
  expect(JSON.stringify(events).length).toBeLessThan(LIMITS.outputBytes * 1.1)
  expect(events.at(-1)).toMatchObject({ type: 'notice', code: 'cut' })
  expect(await turn.outcome).toMatchObject({ status: 'limit', limit: 'output' })
})

test('a long tool output is cut in its middle, and whole beside it when the tool is done', async () => {
  const output = `BEGIN${'x'.repeat(50_000)}END`
  const { turn } = start(async ({ emit }) => {
    const tool = { type: 'tool', id: 't', kind: 'execute', title: 'yes', output } as const
    emit({ ...tool, state: 'running' })
    emit({ ...tool, state: 'done' })
    return { status: 'done' }
  })
  const [running, done] = (await eventsOf(turn)).filter((event) => event.type === 'tool')
  expect(done?.output).toMatch(/^BEGINx+\n\[… 33624 characters cut …\]\nx+END$/)
  expect(done?.fullOutput).toBe(output)
  expect(running?.fullOutput).toBeUndefined()
})

test('letters that PostgreSQL cannot store are replaced, and text that only looks like them is not', async () => {
  const { turn } = start(async ({ emit }) => {
    emit({ type: 'text', text: 'a\0b \ud83d c \ud83d\ude00' })
    emit({ type: 'text', text: String.raw` \u0000 \\u0000` })
    return { status: 'done' }
  })
  expect((await turn.outcome).text).toBe(`a\ufffdb \ufffd c 😀${String.raw` \u0000 \\u0000`}`)
})

test.each([
  ['litellm.AuthenticationError: 401', 'auth'],
  ['You exceeded your current quota, insufficient_quota (429)', 'quota'],
  ['429 Too Many Requests', 'rate_limit'],
  ['529 Overloaded', 'overloaded'],
  ['getaddrinfo ENOTFOUND api.example.com', 'network'],
  ['400 invalid_request_error', 'invalid_request'],
  ['Segmentation fault', undefined],
])('“%s” tells of %s', (words, failure) => {
  expect(classifyFailure(words)).toBe(failure)
})
