import type { Command } from 'commander'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { Output } from './output.ts'
import type { CliParts, Io } from './parts.ts'

/** What every command gets. */
export interface Cli {
  parts: CliParts
  io: Io
  out: Output
  exitCode: ExitCode
}

export interface JsonOption {
  json?: boolean
}

/** Adds a command below `parent`. `--json` is everywhere. */
export function addCommand(
  parent: Command,
  nameAndArguments: string,
  { about, examples = [] }: { about: string; examples?: string[] },
): Command {
  const command = parent
    .command(nameAndArguments)
    .description(about)
    .option('--json', 'for programs: the answer as JSON on standard output')
  if (examples.length > 0)
    command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`)
  return command
}

/** What a command does, as commander wants it: its exit code, `done` where it returns none, is kept. */
export const does =
  <Args extends unknown[]>(cli: Cli, act: (...args: Args) => Promise<ExitCode | void>) =>
  async (...args: Args): Promise<void> => {
    cli.exitCode = (await act(...args)) ?? EXIT.done
  }
