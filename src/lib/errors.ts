/** Somebody can act on it: the message says how, and is shown as it is. `code` is stable and machine-readable. */
export class UserError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UserError'
    this.code = code
  }
}

/** The far side is busy or away: the same call may go through in `afterMs` milliseconds. */
export class RetryLater extends Error {
  readonly afterMs: number
  constructor(message: string, afterMs: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RetryLater'
    this.afterMs = afterMs
  }
}

/** The message of anything thrown, for a log line or a person. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** The `code` that Node, PostgreSQL and `UserError` put on an error, or undefined. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
