import { randomBytes } from 'node:crypto'
import type { ContainedProcess } from '../../lib/process.ts'
import { readLines } from '../../lib/read-lines.ts'
import type { Ending, Host, Session, SessionSpec, TurnPicture } from '../driver.ts'
import { startTurn, type RunningTurn } from '../turn.ts'
import { codexEnvironment, configArguments, execConfig } from './config.ts'
import { failureFrom, failureFromExit } from './failure.ts'
import { prepareCodexHome, temporaryFolder } from './prepare-home.ts'
import { readCodexEvent, type CodexEvent } from './read-event.ts'
import { formatResumeToken, NOTHING_YET, parseResumeToken, type ResumeToken, type Totals } from './resume-token.ts'
import { CANNOT_HOLD, chooseSandbox, type SandboxChoice } from './sandbox-mode.ts'
import { spendBetween } from './spend.ts'
import { createItemTranslator } from './translate-item.ts'

/** Codex cuts the output of commands at 1 MiB before it tells it. */
const MAX_LINE_LENGTH = 8 * 2 ** 20
const LAST_WORDS = 2000
/** Less than the engine waits before it uses force. */
const SOFT_STOP_GRACE_MS = 2500
/** What it tells while it tries again by itself. */
const RETRY = /^Reconnecting\.\.\./

/** A thread of Codex: one `codex exec` a turn, which goes on with what the last one left in CODEX_HOME. */
export function openCodexSession(spec: SessionSpec, host: Host, command: readonly string[]): Session {
  const [file = '', ...programArgs] = command
  let thread: ResumeToken | undefined = spec.resume === undefined ? undefined : parseResumeToken(spec.resume)
  const isLost = spec.resume !== undefined && thread === undefined
  let child: ContainedProcess | undefined
  let preparing: Promise<SandboxChoice | undefined> | undefined

  const prepare = async () => {
    await prepareCodexHome(spec)
    return chooseSandbox(spec, command)
  }

  const start = ({ mode }: SandboxChoice, pictures: readonly TurnPicture[]) => {
    const { model } = spec.profile
    const args = programArgs.concat(
      ['exec', '--experimental-json', '--skip-git-repo-check'],
      configArguments(execConfig(spec, mode)),
      model === undefined ? [] : ['--model', model],
      thread ? ['resume', thread.threadId] : [],
      // Last: it takes all that follows for pictures as well. The prompt comes by stdin.
      pictures.flatMap(({ path }) => ['--image', path]),
    )
    const env = {
      ...codexEnvironment(spec),
      ...(mode === 'workspace-write' && { TMPDIR: temporaryFolder(spec.paths) }),
    }
    child = spec.launch({ file, args, env, cwd: spec.paths.workspace })
    return child
  }

  const run = async (turn: RunningTurn, prompt: string, pictures: readonly TurnPicture[]): Promise<Ending> => {
    if (isLost) return lost('This is no token of a Codex session.')
    turn.signal.addEventListener('abort', () => void child?.stop(SOFT_STOP_GRACE_MS), { once: true })
    const isFirst = preparing === undefined
    const sandbox = await (preparing ??= prepare())
    if (turn.signal.aborted) return { status: 'cancelled' }
    if (!sandbox) return { status: 'failed', why: 'invalid_request', detail: CANNOT_HOLD }
    if (isFirst && sandbox.notice !== undefined) {
      turn.emit({ type: 'notice', level: 'info', code: 'other', text: sandbox.notice })
    }
    const codex = start(sandbox, pictures)
    codex.stdin.on('error', () => {})
    codex.stdin.end(prompt)
    let lastWords = ''
    codex.stderr.setEncoding('utf8').on('data', (text: string) => {
      turn.stayAlive()
      lastWords = (lastWords + text).slice(-LAST_WORDS)
    })
    const ending = await follow(turn, codex)
    const exit = await codex.exited
    if (turn.signal.aborted) return { status: 'cancelled' }
    return ending ?? failureFromExit(exit, lastWords.replace('Reading prompt from stdin...', '').trim())
  }

  /** Reads to the end of its output; undefined where it did not say how the turn went. */
  const follow = async (turn: RunningTurn, codex: ContainedProcess): Promise<Ending | undefined> => {
    const items = createItemTranslator(spec.paths.workspace, randomBytes(4).toString('hex'))
    let ending: Ending | undefined
    for await (const line of readLines(codex.stdout, MAX_LINE_LENGTH)) {
      turn.stayAlive()
      const event = readCodexEvent(line)
      switch (event?.type) {
        case 'thread.started':
          if (thread && thread.threadId !== event.thread_id) {
            await codex.stop(0)
            return lost('Codex began another session in place of this one.')
          }
          thread ??= { threadId: event.thread_id, totals: NOTHING_YET }
          turn.emit({ type: 'session', resume: formatResumeToken(thread) })
          break
        case 'turn.completed':
          count(turn, totalsOf(event))
          ending ??= { status: 'done' }
          break
        case 'error':
        case 'turn.failed': {
          const words = event.type === 'error' ? event.message : event.error.message
          if (RETRY.test(words)) turn.emit({ type: 'notice', level: 'info', code: 'retry', text: words })
          // The first of them says why, the others are what came of it.
          else ending ??= failureFrom(words)
          break
        }
        case 'item.started':
        case 'item.updated':
        case 'item.completed': {
          const told = items.translate(event.type, event.item)
          if (told) turn.emit(told)
          break
        }
        case undefined:
      }
    }
    return ending
  }

  /** What a turn cost that was stopped is told with the next one: Codex tells it at the end of a turn only. */
  const count = (turn: RunningTurn, totals: Totals) => {
    if (!thread) return
    turn.emit({ type: 'spend', total: spendBetween(thread.totals, totals) })
    thread = { ...thread, totals }
    turn.emit({ type: 'session', resume: formatResumeToken(thread) })
  }

  return {
    turn: (prompt, limits, pictures = []) =>
      startTurn({
        limits,
        host,
        resume: thread ? formatResumeToken(thread) : null,
        run: (turn) => run(turn, prompt, pictures),
        stopProcesses: async (graceMs) => void (await child?.stop(graceMs)),
      }),
    close: async () => void (await child?.stop()),
  }
}

const lost = (detail: string): Ending => ({ status: 'failed', why: 'session_lost', detail })

function totalsOf({ usage }: Extract<CodexEvent, { type: 'turn.completed' }>): Totals {
  return {
    input: usage.input_tokens,
    cached: usage.cached_input_tokens,
    written: usage.cache_write_input_tokens,
    output: usage.output_tokens,
    reasoning: usage.reasoning_output_tokens,
  }
}
