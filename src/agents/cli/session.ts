import { stripVTControlCharacters } from 'node:util'
import type { ContainedProcess, Exit } from '../../lib/process.ts'
import { readLines } from '../../lib/read-lines.ts'
import type { Ending, Host, Session, SessionSpec } from '../driver.ts'
import { startTurn, type RunningTurn } from '../turn.ts'
import type { Dialect } from './dialect.ts'
import { endingFromExit } from './exit.ts'
import { planDelivery } from './prompt-delivery.ts'

const MAX_LINE_LENGTH = 256 * 1024
const LAST_WORDS = 2000
/** Less than the engine waits before it uses force. */
const SOFT_STOP_GRACE_MS = 2500

/** A session without a memory: one process a turn. */
export function openCliSession(spec: SessionSpec, host: Host, dialect: Dialect): Session {
  let child: ContainedProcess | undefined

  const start = (file: string, args: string[], stdin: string) => {
    const started = spec.launch({ file, args, env: spec.env, cwd: spec.paths.workspace })
    // A command need not read its input.
    started.stdin.on('error', () => {})
    started.stdin.end(stdin)
    child = started
    return started
  }

  /** Inside the fence: only there is `home` what the command knows by this name, and the file its own. */
  const writePromptFile = async (path: string, prompt: string): Promise<Exit> => {
    const writer = start('/bin/sh', ['-c', 'umask 077 && cat > "$1"', 'sh', path], prompt)
    writer.stdout.resume()
    writer.stderr.resume()
    return writer.exited
  }

  const run = async (turn: RunningTurn, prompt: string): Promise<Ending> => {
    const [file = '', ...args] = dialect.command(spec.profile)
    const { model = '' } = spec.profile
    const delivery = planDelivery({ args, prompt, model, home: spec.paths.home })
    turn.signal.addEventListener('abort', () => void child?.stop(SOFT_STOP_GRACE_MS), { once: true })
    if (delivery.file !== undefined) {
      const exit = await writePromptFile(delivery.file, prompt)
      if (exit.code !== 0) return endingFromExit(exit, 'The prompt could not be written into the agent’s home.')
      if (turn.signal.aborted) return { status: 'cancelled' }
    }
    const command = start(file, delivery.args, delivery.stdin)
    let lastWords = ''
    command.stderr.setEncoding('utf8').on('data', (text: string) => {
      turn.stayAlive()
      lastWords = (lastWords + stripVTControlCharacters(text)).slice(-LAST_WORDS)
    })
    const reader = dialect.createReader()
    for await (const line of readLines(command.stdout, MAX_LINE_LENGTH)) {
      for (const event of reader.readLine(stripVTControlCharacters(line))) turn.emit(event)
    }
    const exit = await command.exited
    return turn.signal.aborted ? { status: 'cancelled' } : reader.judge(exit, lastWords)
  }

  return {
    turn: (prompt, limits) =>
      startTurn({
        limits,
        host,
        resume: null,
        run: (turn) => run(turn, withInstructions(prompt, spec.profile.instructions)),
        stopProcesses: async (graceMs) => void (await child?.stop(graceMs)),
      }),
    close: async () => void (await child?.stop()),
  }
}

function withInstructions(prompt: string, instructions: string | undefined): string {
  return instructions === undefined ? prompt : `${instructions}\n\n${prompt}`
}
