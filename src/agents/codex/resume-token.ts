/**
 * What is kept between the turns of a thread. Codex counts the tokens of a thread from its beginning, in a new process too:
 * without the last totals, each turn would be billed with all turns before it.
 */
export interface ResumeToken {
  threadId: string
  totals: Totals
}

/** As Codex counts: `input` has what was read from and written to the cache in it, `output` the reasoning. */
export interface Totals {
  input: number
  cached: number
  written: number
  output: number
  reasoning: number
}

export const NOTHING_YET: Totals = { input: 0, cached: 0, written: 0, output: 0, reasoning: 0 }

/** `threadId~input.cached.written.output.reasoning` */
export function formatResumeToken({ threadId, totals }: ResumeToken): string {
  const { input, cached, written, output, reasoning } = totals
  return `${threadId}~${[input, cached, written, output, reasoning].join('.')}`
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Undefined for what is no thread's id: Codex would take it for a name that it does not know, and begin anew without a word. */
export function parseResumeToken(text: string): ResumeToken | undefined {
  const [threadId = '', counts = ''] = text.split('~')
  if (!UUID.test(threadId)) return undefined
  const [input = 0, cached = 0, written = 0, output = 0, reasoning = 0] = counts.split('.').map(Number)
  return { threadId, totals: { input, cached, written, output, reasoning } }
}
