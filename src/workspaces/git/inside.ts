import type { Readable } from 'node:stream'
import type { Launch } from '../../lib/process.ts'
import { hardenedEnv } from './hardened-env.ts'
import { GitFailed } from './run-git.ts'

export interface InsideCall {
  input?: string | Uint8Array
  signal?: AbortSignal
  timeoutMs?: number
}

/** Filters of the agent's making may hang for ever. */
const TIMEOUT_MS = 10 * 60_000
const MAX_TEXT = 64 * 1024

/** Runs one of `scripts.ts` in the fence and hands its output to `read`. What comes out is the agent's word, not the truth. */
export async function runInside<T>(
  launch: Launch,
  script: string,
  args: readonly string[],
  read: (stdout: Readable) => Promise<T>,
  { input = '', signal, timeoutMs = TIMEOUT_MS }: InsideCall = {},
): Promise<T> {
  const contained = launch({ file: 'sh', args: ['-c', script, 'sh', ...args], env: insideEnv() })
  const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])])
  const stop = () => void contained.stop(0)
  if (limit.aborted) stop()
  limit.addEventListener('abort', stop, { once: true })
  contained.stdin.end(input)
  try {
    const [said, output] = await Promise.all([tailOf(contained.stderr), read(contained.stdout)])
    const exit = await contained.exited
    signal?.throwIfAborted()
    if (exit.error) throw new Error(`Git could not run in the workspace: ${said.trim()}`, { cause: exit.error })
    if (limit.aborted || exit.code !== 0) {
      const ending = limit.aborted ? `took longer than ${timeoutMs / 1000} s` : `ended with ${exit.code ?? exit.signal}`
      const exitCode = limit.aborted ? null : exit.code
      throw new GitFailed('in the workspace', ending, { exitCode, stderr: said, stdout: '' })
    }
    return output
  } finally {
    limit.removeEventListener('abort', stop)
    await contained.stop(0)
  }
}

/** `read` for scripts that answer with a line or two. A hostile filter may write to our output for as long as it likes. */
export async function shortText(stdout: Readable): Promise<string> {
  let head = ''
  for await (const chunk of stdout.setEncoding('utf8')) if (head.length < MAX_TEXT) head += String(chunk)
  return head.trim()
}

const MAX_FILE = 2 * 1024 * 1024

/** `read` for scripts that answer with a file. */
export async function wholeText(stdout: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stdout.setEncoding('utf8')) if (text.length < MAX_FILE) text += String(chunk)
  return text
}

function insideEnv(): Record<string, string> {
  // Without a fence the folder may belong to a slot's user from the time when there was one.
  return { ...hardenedEnv({ 'safe.directory': '*' }), GIT_ALLOW_PROTOCOL: 'file' }
}

async function tailOf(stream: Readable): Promise<string> {
  let tail = ''
  for await (const chunk of stream.setEncoding('utf8')) tail = (tail + String(chunk)).slice(-MAX_TEXT)
  return tail
}
