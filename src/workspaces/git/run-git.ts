import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { hardenedEnv } from './hardened-env.ts'

export interface GitCall {
  /** More configuration, by environment. */
  config?: Readonly<Record<string, string>>
  env?: Readonly<Record<string, string>>
  input?: string | Readable
  signal?: AbortSignal
  timeoutMs?: number
  /** Output beyond it is cut off. */
  maxBytes?: number
}

/** Runs git on the trusted side: on the cache and against remotes, never on a folder that an agent can write. */
export type Git = (args: readonly string[], call?: GitCall) => Promise<string>

/** A git command that did not end well. `stderr` is for `explainGitFailure`; it may go to the log, not to a chat. */
export class GitFailed extends Error {
  /** Null when it was killed, cut short or lost. */
  readonly exitCode: number | null
  readonly stderr: string
  readonly stdout: string
  constructor(command: string, ending: string, output: { exitCode: number | null; stderr: string; stdout: string }) {
    super(`git ${command} ${ending}: ${output.stderr.trim().slice(-500)}`)
    this.name = 'GitFailed'
    this.exitCode = output.exitCode
    this.stderr = output.stderr
    this.stdout = output.stdout
  }
}

const MAX_STDERR = 64 * 1024

/** `base`: all that git may know of Drover's own environment (PATH, HOME, SSH_AUTH_SOCK, proxies, certificates). */
export function createGit(base: Readonly<Record<string, string>>): Git {
  return (args, call = {}) => {
    const { config, env, input = '', signal, timeoutMs = 120_000, maxBytes = 64 * 1024 ** 2 } = call
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      // A group of its own: git leaves ssh and index-pack behind when it is killed alone.
      const child = spawn('git', args, { env: { ...base, ...hardenedEnv(config), ...env }, cwd: '/', detached: true })
      let ending: string | undefined
      const end = (why: string) => {
        ending ??= why
        if (child.pid !== undefined) killGroup(child.pid)
      }
      const timer = setTimeout(() => end(`took longer than ${timeoutMs / 1000} s`), timeoutMs)
      const onAbort = () => end('was cancelled')
      signal?.addEventListener('abort', onAbort, { once: true })

      const stdout = collect(child.stdout, maxBytes, () => end('cut'))
      const stderr = collect(child.stderr, MAX_STDERR, () => {})
      child.stdin.on('error', () => {})
      if (typeof input === 'string') child.stdin.end(input)
      else input.once('error', () => end('lost its input')).pipe(child.stdin)

      child.once('error', reject)
      child.once('close', (code, killedBy) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        if (signal?.aborted) return reject(signal.reason as Error)
        if (code === 0 || ending === 'cut') return resolve(stdout())
        const exitCode = ending === undefined ? code : null
        ending ??= `ended with ${code ?? killedBy}`
        const command = args.find((arg) => /^[a-z-]+$/.test(arg)) ?? ''
        return reject(new GitFailed(command, ending, { exitCode, stderr: stderr(), stdout: stdout() }))
      })
    })
  }
}

function collect(stream: Readable, maxBytes: number, onFull: () => void): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, Math.max(0, maxBytes - size)))
    size += chunk.length
    if (size > maxBytes) onFull()
  })
  return () => Buffer.concat(chunks).toString()
}

function killGroup(pid: number) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}
