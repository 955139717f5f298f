import type { Exit } from '../../lib/process.ts'
import type { Ending, FailureClass } from '../driver.ts'
import { classifyFailure } from '../turn.ts'
import { readLimitReset } from './limit-reset.ts'

/** Before the words that all vendors have in common. From Codex 0.169's own sentences, and OpenAI's. */
const SIGNS: [FailureClass, RegExp][] = [
  ['session_broken', /ran out of room in the model.s context window|invalid image in your last message/i],
  ['session_broken', /no tool (call|output) found for function call|context_length_exceeded|maximum context length/i],
  ['quota', /hit your usage limit|out of credits|hit your spend cap|upgrade to plus/i],
  ['refusal', /flagged for possible|content_filter|usage polic|safety reasons/i],
  ['overloaded', /at capacity/i],
  ['invalid_request', /does not exist or you do not have access/i],
  ['auth', /missing environment variable|refresh token|sign in again/i],
  ['not_installed', /missing optional dependency/i],
]
/** After those: why a stream was cut off is said behind it. */
const IS_NETWORK = /connection failed|stream disconnected/i

/** Why a turn failed, from the first thing that Codex said of it. */
export function failureFrom(words: string): Ending {
  const detail = messageIn(words).slice(0, 2000)
  const why = classOf(words)
  const until = why === 'quota' || why === 'rate_limit' ? readLimitReset(words) : undefined
  return { status: 'failed', why, detail, ...(until !== undefined && { until }) }
}

function classOf(words: string): FailureClass {
  const own = SIGNS.find(([, sign]) => sign.test(words))?.[0]
  return own ?? classifyFailure(words) ?? (IS_NETWORK.test(words) ? 'network' : 'other')
}

/** Codex shows a refused request (400) as the vendor's JSON. */
function messageIn(words: string): string {
  try {
    const { error } = JSON.parse(words) as { error?: { message?: unknown } | null }
    return typeof error?.message === 'string' ? error.message : words
  } catch {
    return words
  }
}

/** How a program in Rust ends that has found a mistake in itself. */
const PANIC = 101

/** Its process ended, and it had not said how the turn went. `words`: the end of its stderr. */
export function failureFromExit(exit: Exit, words: string): Ending {
  const { code, signal, error } = exit
  if (error || code === 127 || /execvp .*: No such file or directory/.test(words)) {
    const detail = `Codex could not be started: ${words || error?.message || 'its program is not there.'}`
    return { status: 'failed', why: 'not_installed', detail }
  }
  // Who starts a program for us tells its signal as 128 and the signal's number.
  if (code === null || (code > 128 && code < 160)) {
    return { status: 'failed', why: 'crashed', detail: `Codex was killed (${signal ?? `exit code ${code}`}). ${words}` }
  }
  if (code === PANIC) return { status: 'failed', why: 'crashed', detail: `Codex broke off. ${words}` }
  return failureFrom(words || `Codex ended with exit code ${code} and said nothing.`)
}
