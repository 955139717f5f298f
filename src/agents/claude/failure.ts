import type { Exit } from '../../lib/process.ts'
import type { Ending, FailureClass } from '../driver.ts'
import { classifyFailure } from '../turn.ts'
import type { Result } from './message.ts'
import { findResetTime, fromSeconds } from './reset-time.ts'

/** All that Claude Code tells of an error, under its own names. */
interface Signs {
  /** Why its loop came to an end. */
  terminalReason: string
  /** Its own name for what went wrong. */
  apiError: string
  /** Its kind of error; told with the last message, not with the result. */
  error: string
  stopReason: string
  /** The HTTP status of the API. */
  status: string
  words: string
}

/**
 * What its signs mean; the first row that fits counts. `subtype` is none of them: it says "success" of most errors. Words only
 * where nothing else is told, or where the rest tells too little: a used-up account has the status 429 as well, or 400.
 */
const SIGNS: readonly [FailureClass, keyof Signs, RegExp][] = [
  ['session_lost', 'words', /no conversation found/i],
  // Prompt too long, images too large, no room left even after a summary, a history that the API refuses: the next turn
  // would end the same way.
  ['session_broken', 'terminalReason', /^(prompt_too_long|image_error|blocking_limit|rapid_refill_breaker)$/],
  ['session_broken', 'apiError', /^tool_history_mismatch$/],
  ['session_broken', 'words', /context window limit|API Error: 400 messages\.\d/],
  ['refusal', 'stopReason', /^refusal$/],
  ['quota', 'apiError', /^usage_limit_reached$/],
  ['quota', 'error', /^billing_error$/],
  ['quota', 'words', /\blimit reached\b|hit your .{0,40}limit|API usage limits|usage credits|credit balance/i],
  ['auth', 'status', /^40[13]$/],
  ['auth', 'error', /^(authentication_failed|oauth_org_not_allowed|account_on_hold|verification_required)$/],
  ['rate_limit', 'status', /^429$/],
  ['overloaded', 'status', /^5\d\d$/],
  ['network', 'apiError', /^connection_failed$/],
  ['invalid_request', 'apiError', /^max_output_tokens$/],
  ['invalid_request', 'status', /^4\d\d$/],
]

/** What is told beside the result. */
export interface SideSigns {
  error?: string
  /** Seconds since 1970: a subscription's limit is lifted then. */
  resetsAt?: number
}

/** How a turn ended, by its result. */
export function endingFromResult(result: Result, beside: SideSigns): Ending {
  const reason = result.terminal_reason ?? ''
  if (reason === 'max_turns' || result.subtype === 'error_max_turns') return { status: 'limit', limit: 'turns' }
  if (reason === 'budget_exhausted' || result.subtype === 'error_max_budget_usd') {
    return { status: 'limit', limit: 'budget' }
  }
  if (reason.startsWith('aborted')) return { status: 'cancelled' }
  if (!result.is_error) return { status: 'done' }
  const words = result.result ?? result.errors?.join('; ') ?? ''
  const why = classOf({
    terminalReason: reason,
    apiError: result.api_error ?? '',
    error: beside.error ?? '',
    stopReason: result.stop_reason ?? '',
    status: String(result.api_error_status ?? ''),
    words,
  })
  const until = why === 'quota' ? liftedAt(beside, words) : undefined
  return { status: 'failed', why, detail: words.slice(0, 2000), ...(until !== undefined && { until }) }
}

function classOf(signs: Signs): FailureClass {
  const row = SIGNS.find(([, name, sign]) => sign.test(signs[name]))
  return row?.[0] ?? classifyFailure(signs.words) ?? 'other'
}

function liftedAt({ resetsAt }: SideSigns, words: string): string | undefined {
  return resetsAt === undefined ? findResetTime(words, new Date()) : fromSeconds(resetsAt)
}

/** How a turn ended whose process went away without a result. */
export function endingFromDeath(exit: Exit, lastWords: string): Ending {
  const words = lastWords.trim()
  const detail = `Claude Code ended (${howItEnded(exit)}).${words ? ` Its last words: ${words}` : ''}`
  return { status: 'failed', why: classOfDeath(exit, words), detail }
}

function classOfDeath(exit: Exit, words: string): FailureClass {
  // A fence starts the program in our place: it is there, what it should start is not.
  if (exit.error || exit.code === 127 || /execvp .*: No such file or directory/.test(words)) return 'not_installed'
  // Claude Code is older than the SDK, which starts it with options that it does not know.
  if (/unknown option/.test(words)) return 'not_installed'
  const wasKilled = exit.code === null || exit.code > 128
  return wasKilled ? 'crashed' : (classifyFailure(words) ?? 'crashed')
}

function howItEnded(exit: Exit): string {
  if (exit.error) return `it could not be started: ${exit.error.message}`
  return exit.signal ? `killed by ${exit.signal}` : `exit code ${exit.code}`
}
