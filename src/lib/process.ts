import type { Readable, Writable } from 'node:stream'

/** A program to start. `env` is the whole environment, never merged with ours. */
export interface Command {
  file: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
  /** As the program will see it; the sandbox's workspace if left out. */
  cwd?: string
}

/** How a process ended. `error` is set when it could not be started at all. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  error?: Error
}

/** A running program together with everything that it starts. */
export interface ContainedProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Never rejects. Settles when the program has ended and its output has been read. */
  readonly exited: Promise<Exit>
  /**
   * Ends the program and its whole tree: end of input, then SIGTERM to the program itself, after `graceMs`
   * SIGKILL to everything. May be called often. Settles when nothing of it is left.
   */
  stop(graceMs?: number): Promise<Exit>
}

/** Starts a program where it is contained. Throws nothing: a program that cannot start settles `exited` with `error`. */
export type Launch = (command: Command) => ContainedProcess
