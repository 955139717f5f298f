import { spawn } from 'node:child_process'

/** Half of what is kept of a command's output: its beginning and its end. */
const KEPT_LENGTH = 512 * 1024
const LIFE_SIGN_MS = 5000

export interface CommandResult {
  output: string
  /** The signal's name where there is no code. */
  exit: number | string
}

/** Runs a shell command with everything that it starts; all of it is killed when `signal` aborts. */
export function runCommand(
  command: string,
  cwd: string,
  signal: AbortSignal,
  onLife: () => void,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    // A group of its own: only so can all of it be killed.
    const child = spawn('/bin/sh', ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let head = ''
    let tail = ''
    let cut = 0
    let lastSign = Date.now()
    const keep = (text: string) => {
      const room = KEPT_LENGTH - head.length
      head += text.slice(0, room)
      tail += text.slice(Math.max(room, 0))
      // Twice the length before it is cut: otherwise every small piece would copy the whole tail.
      if (tail.length > 2 * KEPT_LENGTH) {
        cut += tail.length - KEPT_LENGTH
        tail = tail.slice(-KEPT_LENGTH)
      }
      if (Date.now() - lastSign > LIFE_SIGN_MS) {
        lastSign = Date.now()
        onLife()
      }
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has just ended.
      }
    }
    signal.addEventListener('abort', kill, { once: true })
    const finish = (exit: number | string) => {
      signal.removeEventListener('abort', kill)
      resolve({ output: cut > 0 ? `${head}\n[… ${cut} characters cut …]\n${tail}` : head + tail, exit })
    }
    child.on('error', (error) => finish(error.message))
    child.on('close', (code, name) => finish(code ?? name ?? 'unknown'))
  })
}
