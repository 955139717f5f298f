import { spawn } from 'node:child_process'
import type { ContainedProcess, Exit, Launch } from '../../src/lib/process.ts'

const EOF_GRACE_MS = 400

/** Starts programs without any fence: for tests of what speaks with a program, not of what keeps it in. */
export const plainLaunch: Launch = ({ file, args, env, cwd }): ContainedProcess => {
  const child = spawn(file, args, { env, cwd, stdio: 'pipe', detached: true })
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  child.stdin.on('error', () => {})
  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // Nothing of it is left.
    }
  }
  const hasEndedIn = (ms: number) =>
    Promise.race([
      exited.then(() => true),
      new Promise<boolean>((resolve) => {
        setTimeout(() => resolve(false), ms).unref()
      }),
    ])
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    async stop(graceMs = 2500) {
      child.stdin.end()
      child.stdout.resume()
      child.stderr.resume()
      if (graceMs > 0 && !(await hasEndedIn(EOF_GRACE_MS))) signalGroup('SIGTERM')
      await hasEndedIn(graceMs)
      signalGroup('SIGKILL')
      return exited
    },
  }
}
