import { spawn, type ChildProcess } from 'node:child_process'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Command, ContainedProcess, Exit, Launch } from '../../lib/process.ts'

/** How one kind of fence reaches the processes of one launch. None of these throws, all may be called often. */
export interface Tree {
  /** Asks the program to end. */
  terminate(): Promise<void>
  /** SIGKILL to everything. */
  kill(): Promise<void>
  /** Called when the program has ended: takes away what it left behind, and settles when nothing is left. */
  clear(): Promise<void>
  /** Why the program could not be started at all, asked after its end. */
  failure?(exit: Exit): Error | undefined
}

export interface Start {
  file: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
  cwd: string
  /** Written to descriptor 3, which is then closed. */
  options?: string
}

/** A program may hold on to its output after SIGKILL only in a broken kernel; a reader may never read it. */
const DRAIN_MS = 2000

/** Starts a process in its own session, so that Ctrl-C at Drover's terminal lets it end in order. */
export function startContained(start: Start, treeOf: (child: ChildProcess) => Tree): ContainedProcess {
  let child: ChildProcess
  try {
    child = spawn(start.file, start.args, {
      cwd: start.cwd,
      env: start.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    })
  } catch (error) {
    // A NUL in an argument, for one.
    return neverStarted(error as Error)
  }
  const [stdin, stdout, stderr, options] = child.stdio as unknown as [Writable, Readable, Readable, Writable]
  // Writing to a program that has just died is no news: its end is told by `exited`.
  stdin.on('error', () => {})
  options.on('error', () => {})
  options.end(start.options ?? '')

  const tree = treeOf(child)
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error })
    })
    // Once: later the group's number may be somebody else's.
    let cleared: Promise<void> | undefined
    const clear = () => (cleared ??= tree.clear())
    child.once('exit', () => void clear())
    child.once('close', (code, signal) => {
      const error = tree.failure?.({ code, signal })
      void clear().then(() => resolve({ code, signal, ...(error && { error }) }))
    })
  })

  let stopping: Promise<Exit> | undefined
  const stop = async (graceMs: number) => {
    stdin.end()
    // Many programs end with their input, and in better order than at a signal.
    if (await settlesWithin(exited, graceMs / 8)) return exited
    await tree.terminate()
    if (await settlesWithin(exited, graceMs - graceMs / 8)) return exited
    await tree.kill()
    if (!(await settlesWithin(exited, DRAIN_MS))) for (const stream of [stdout, stderr]) stream.destroy()
    return exited
  }
  return { stdin, stdout, stderr, exited, stop: (graceMs = 4000) => (stopping ??= stop(graceMs)) }
}

/** A `Launch` that remembers what runs, and a `close` that ends all of it and lets nothing new begin. */
export function keepTrack(start: (command: Command) => ContainedProcess): {
  launch: Launch
  close: () => Promise<void>
} {
  const running = new Set<ContainedProcess>()
  let isClosed = false
  return {
    launch(command) {
      if (isClosed) return neverStarted(new Error(`The sandbox is closed: ${command.file} was not started.`))
      const contained = start(command)
      running.add(contained)
      void contained.exited.then(() => running.delete(contained))
      return contained
    },
    async close() {
      isClosed = true
      await Promise.all([...running].map((contained) => contained.stop(0)))
    },
  }
}

/** Stands for a program that was not even tried. */
export function neverStarted(error: Error): ContainedProcess {
  const nothing = () => new PassThrough().end()
  const exited = Promise.resolve<Exit>({ code: null, signal: null, error })
  return { stdin: new PassThrough().resume(), stdout: nothing(), stderr: nothing(), exited, stop: () => exited }
}

async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false)
  const settled = await Promise.race([promise.then(() => true), late])
  timer.abort()
  return settled
}
