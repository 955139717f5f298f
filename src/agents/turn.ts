/**
 * The engine under every driver: collects events, keeps the clocks and caps, stops what has to stop, and comes to
 * exactly one outcome. A driver says how to run one prompt and how to end its processes.
 */
import { messageOf } from '../lib/errors.ts'
import { LONGEST_TIMER_MS, startIdleClock } from '../lib/idle-clock.ts'
import { createPushQueue } from '../lib/push-queue.ts'
import type { AgentEvent, Ask, Ending, FailureClass, Host, Outcome, Reply, Spend, Turn, TurnLimits } from './driver.ts'
import { trimEvent } from './trim-event.ts'

/** How long an agent may take to end by itself once it was told to. */
export const SOFT_STOP_MS = 4000
/** How long its process may take after the agent ended its turn. */
const PROCESS_GRACE_MS = 1000

/** What a driver has in its hands while it runs one prompt. */
export interface RunningTurn {
  /** Aborted when the turn has to stop: the driver then tells its agent to stop, softly. */
  readonly signal: AbortSignal
  /** Ignored once the turn is over. */
  emit: (event: AgentEvent) => void
  /** A sign of life that is no event. */
  stayAlive: () => void
  /** What was said so far. */
  text: () => string
  /** Never rejects. After `park` and `stopped` the turn comes to its end: the agent's question is cancelled. */
  ask: (question: Ask) => Promise<Reply | 'stopped'>
}

export interface TurnParts {
  limits: TurnLimits
  host: Host
  /** The resume token from before; a `session` event replaces it. */
  resume: string | null
  /** Runs the prompt to its end. What it throws becomes a failure, classified by its words. */
  run: (turn: RunningTurn) => Promise<Ending>
  /** Ends every process; after `graceMs` by force. Must be harmless when none is there. */
  stopProcesses: (graceMs: number) => Promise<void>
}

/** Starts at once: the events wait for their reader. */
export function startTurn({ limits, host, resume, run, stopProcesses }: TurnParts): Turn {
  const startedAt = performance.now()
  const events = createPushQueue<AgentEvent>()
  const stopping = new AbortController()
  const stopped = new Promise<'stopped'>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
  let text = ''
  let resumeToken = resume
  let spend = unknownSpend()
  let bytes = 0
  /** Why the turn has to stop. The first reason wins; later ones are its consequences. */
  let cause: Ending | undefined
  let isOver = false

  const stopFor = (reason: Ending) => {
    if (cause || isOver) return
    cause = reason
    stopping.abort()
  }
  const wallClock = setTimeout(
    () => stopFor({ status: 'limit', limit: 'wall' }),
    Math.min(limits.wallMs, LONGEST_TIMER_MS),
  )
  const stallClock = startIdleClock(limits.stallMs, () => stopFor(stalled(limits.stallMs)))

  const emit = (event: AgentEvent) => {
    if (isOver || (cause?.status === 'limit' && cause.limit === 'output')) return
    stallClock.restart()
    const trimmed = trimEvent(event)
    bytes += sizeOf(trimmed)
    if (bytes > limits.outputBytes) {
      const mebibytes = (limits.outputBytes / 2 ** 20).toFixed(1)
      events.push({
        type: 'notice',
        level: 'warn',
        code: 'cut',
        text: `The agent wrote more than ${mebibytes} MiB in one turn and was stopped.`,
      })
      stopFor({ status: 'limit', limit: 'output' })
      return
    }
    if (trimmed.type === 'text') text += trimmed.text
    if (trimmed.type === 'session') resumeToken = trimmed.resume
    if (trimmed.type === 'spend') spend = trimmed.total
    events.push(trimmed)
  }

  const ask = async (question: Ask): Promise<Reply | 'stopped'> => {
    if (cause) return 'stopped'
    const letGo = stallClock.hold()
    try {
      const reply = await Promise.race([host.ask(question, stopping.signal), stopped])
      if (cause) return 'stopped'
      if (reply === 'park') stopFor({ status: 'parked', question })
      return reply
    } catch (error) {
      stopFor({ status: 'failed', why: 'other', detail: `The question could not be asked: ${messageOf(error)}` })
      return 'stopped'
    } finally {
      letGo()
    }
  }

  const follow = async (): Promise<Outcome> => {
    const turn: RunningTurn = {
      signal: stopping.signal,
      emit,
      stayAlive: () => stallClock.restart(),
      text: () => text,
      ask,
    }
    let force: NodeJS.Timeout | undefined
    const forced = new Promise<'forced'>((resolve) => {
      const arm = () => {
        force = setTimeout(() => resolve('forced'), SOFT_STOP_MS)
      }
      stopping.signal.addEventListener('abort', arm, { once: true })
    })
    const ended = await Promise.race([endOf(run, turn), forced])
    isOver = true
    clearTimeout(wallClock)
    clearTimeout(force)
    stallClock.stop()
    if (cause) await stopProcesses(ended === 'forced' ? 0 : PROCESS_GRACE_MS)
    events.end()
    const ending = cause ?? (ended === 'forced' ? { status: 'cancelled' } : ended)
    return { ...ending, text, resume: resumeToken, spend, durationMs: Math.round(performance.now() - startedAt) }
  }

  return {
    outcome: follow(),
    cancel: () => stopFor({ status: 'cancelled' }),
    [Symbol.asyncIterator]: () => events[Symbol.asyncIterator](),
  }
}

async function endOf(run: TurnParts['run'], turn: RunningTurn): Promise<Ending> {
  try {
    return await run(turn)
  } catch (error) {
    const detail = messageOf(error)
    return { status: 'failed', why: classifyFailure(detail) ?? 'other', detail }
  }
}

function stalled(stallMs: number): Ending {
  const seconds = Math.round(stallMs / 1000)
  return { status: 'failed', why: 'stalled', detail: `The agent gave no sign of life for ${seconds} seconds.` }
}

function sizeOf(event: AgentEvent): number {
  const { fullOutput: _, ...kept } = event as AgentEvent & { fullOutput?: string }
  return Buffer.byteLength(JSON.stringify(kept))
}

/** Nobody said what it cost. */
export function unknownSpend(): Spend {
  return {
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    usd: null,
    basis: 'unknown',
  }
}

/** In this order: a used-up quota is told with the status 429 as well. */
const SIGNS: [FailureClass, RegExp][] = [
  ['quota', /insufficient.?(quota|credit)|quota exceeded|usage limit|billing|credit balance|\b402\b/i],
  ['rate_limit', /\b429\b|rate.?limit|too many requests|resource.?exhausted/i],
  ['auth', /\b40[13]\b|unauthori[sz]ed|authenticat|not logged in|api.?key|permission.?denied.*token|\/login\b/i],
  ['session_lost', /no conversation found|no rollout found|session (not found|identifier)|invalid session/i],
  ['overloaded', /\b50[0234]\b|\b529\b|overloaded|high demand|internal server error|service unavailable/i],
  ['network', /econn\w+|enotfound|eai_again|etimedout|network|fetch failed|\bdns\b|connection error/i],
  ['invalid_request', /\b400\b|invalid.?request|bad.?request/i],
]

/** What kind of failure a vendor's words tell of; undefined when they tell none. */
export function classifyFailure(words: string): FailureClass | undefined {
  return SIGNS.find(([, sign]) => sign.test(words))?.[0]
}
