/** What the shell gets to know. Part of the interface: `drover --help` lists them. */
export const EXIT = {
  done: 0,
  /** The task failed or was cancelled, or the command could not be done. */
  failed: 1,
  wrongUse: 2,
  away: 3,
  refused: 4,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    the task failed or was cancelled, or the command could not be done
  2    wrong use: arguments, settings, or something that does not exist
  3    the service does not answer
  4    the service refuses the key
  130  interrupted`
