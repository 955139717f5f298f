import { CommanderError } from 'commander'
import { UserError, codeOf, messageOf } from '../lib/errors.ts'
import { createOutput, type Output } from './output.ts'
import type { Cli } from './cli.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { CliParts } from './parts.ts'
import { createProgram } from './program.ts'
import { Refused, tellRefusal } from './refused.ts'

/** Runs one command (`argv` without program and script) and returns the exit code. Never throws for what a person can act on. */
export async function runCli(argv: readonly string[], parts: CliParts): Promise<number> {
  const io = parts.io ?? process
  const cli: Cli = { parts, io, out: createOutput(io, parts.env), exitCode: EXIT.done }
  // `drover task list | head`: whoever reads has read enough.
  io.stdout.on('error', (error) => {
    if (codeOf(error) === 'EPIPE') process.exit(EXIT.done)
    throw error
  })
  try {
    await createProgram(cli).parseAsync([...argv], { from: 'user' })
    return cli.exitCode
  } catch (error) {
    return explain(error, cli.out)
  }
}

function explain(error: unknown, out: Output): ExitCode {
  // Commander has said it itself: what is wrong, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse
  const say = (text: string) => out.note(`${out.noteStyle('red', 'drover:')} ${text}`)
  if (error instanceof Refused) {
    const { status } = error.problem
    tellRefusal(error, out)
    if (status === 401 || status === 403) return EXIT.refused
    return status >= 500 ? EXIT.away : EXIT.wrongUse
  }
  if (error instanceof UserError) {
    say(error.message)
    return EXIT_OF_CODE[error.code] ?? EXIT.failed
  }
  say(`something went wrong that should not: ${messageOf(error)}`)
  if (error instanceof Error && error.stack !== undefined) out.note(out.noteStyle('dim', error.stack))
  return EXIT.failed
}

const EXIT_OF_CODE: Readonly<Record<string, ExitCode>> = {
  settings: EXIT.wrongUse,
  'no-repository': EXIT.wrongUse,
  'no-answer': EXIT.wrongUse,
  'no-prompt': EXIT.wrongUse,
  'prompt-file': EXIT.wrongUse,
  'service-away': EXIT.away,
  'no-key': EXIT.refused,
  'relay-refused': EXIT.refused,
}
