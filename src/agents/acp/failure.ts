import { RequestError } from '@agentclientprotocol/sdk'
import { messageOf } from '../../lib/errors.ts'
import type { Exit } from '../../lib/process.ts'
import type { Ending, FailureClass } from '../driver.ts'
import { classifyFailure } from '../turn.ts'

/** The process went away while it was needed. */
export class AgentEnded extends Error {
  readonly exit: Exit
  readonly lastWords: string
  constructor(exit: Exit, lastWords: string) {
    super(`The agent's process ended (${howItEnded(exit)}).${lastWords ? ` Its last words: ${lastWords}` : ''}`)
    this.exit = exit
    this.lastWords = lastWords
  }
}

/** Resume and load fail in as many ways as there are agents: each of them means that the session is gone. */
export class SessionLost extends Error {}

const AUTH_REQUIRED = -32000
const INVALID_PARAMS = -32602
const RESOURCE_NOT_FOUND = -32002

/** When a vendor's limit is lifted (ISO 8601), out of its words. */
export type ReadUntil = (words: string) => string | undefined

/** Agents tell what went wrong by a JSON-RPC code, an HTTP status in its place (Gemini), in words, or by dying. */
export function failureFrom(error: unknown, readUntil?: ReadUntil): Ending {
  const detail = detailOf(error).slice(0, 2000)
  return failed(classOf(error, detail), detail, readUntil)
}

/** For words alone; `otherwise` where they tell nothing. */
export function failureFromWords(words: string, otherwise: FailureClass = 'other', readUntil?: ReadUntil): Ending {
  return failed(classifyWords(words) ?? otherwise, words.slice(0, 2000), readUntil)
}

function failed(why: FailureClass, detail: string, readUntil: ReadUntil = () => undefined): Ending {
  const until = why === 'quota' || why === 'rate_limit' ? readUntil(detail) : undefined
  return { status: 'failed', why, detail, ...(until !== undefined && { until }) }
}

/** A session that has become too long, or that its vendor does not take back, in the words of the vendors. */
const IS_BROKEN =
  /prompt is too long|context (window|length)|maximum context|too many tokens|exceeds the maximum number of tokens|without (a )?corresponding|no tool (call|output) found|could not process image|invalid image/i

const IS_USED_UP = /exhausted your (daily|monthly)?\s*quota|hit your usage limit|out of credits/i

function classifyWords(words: string): FailureClass | undefined {
  if (IS_BROKEN.test(words)) return 'session_broken'
  return IS_USED_UP.test(words) ? 'quota' : classifyFailure(words)
}

function classOf(error: unknown, detail: string): FailureClass {
  if (error instanceof SessionLost) return 'session_lost'
  if (error instanceof AgentEnded) return isNotInstalled(error) ? 'not_installed' : 'crashed'
  const code = error instanceof RequestError ? error.code : undefined
  // Some take this number for whatever went wrong on the way to their model.
  if (code === AUTH_REQUIRED) return classifyWords(detail) ?? 'auth'
  if (code === RESOURCE_NOT_FOUND) return 'session_lost'
  if (code === INVALID_PARAMS) return 'invalid_request'
  return classifyWords(`${code ?? ''} ${detail}`) ?? 'other'
}

/** A fence starts the program in our place: it is there, what it should start is not. */
function isNotInstalled({ exit, lastWords }: AgentEnded): boolean {
  return exit.error !== undefined || exit.code === 127 || /execvp .*: No such file or directory/.test(lastWords)
}

function howItEnded(exit: Exit): string {
  if (exit.error) return `it could not be started: ${exit.error.message}`
  return exit.signal ? `killed by ${exit.signal}` : `exit code ${exit.code}`
}

function detailOf(error: unknown): string {
  if (!(error instanceof RequestError) || error.data === undefined || error.data === null) return messageOf(error)
  const data = error.data as { details?: unknown; message?: unknown }
  const more = typeof data === 'string' ? data : (data.details ?? data.message ?? JSON.stringify(data))
  return `${error.message}: ${typeof more === 'string' ? more : JSON.stringify(more)}`
}
