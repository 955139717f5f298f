import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { ContainedProcess, Exit } from '../../lib/process.ts'
import { neverStarted, startContained, type Tree } from './contained.ts'
import { bubblewrapArgs, type Limits, type Policy } from './policy.ts'
import type { Programs } from './programs.ts'
import { kill } from './sweep.ts'

/** What runs before bubblewrap, each by exec: bring the paths near, become the slot's user. And the limits inside. */
export interface Chain {
  runId: string
  staging: readonly string[]
  /** Undefined when Drover is not root: then everything runs as Drover's own user. */
  uid: number | undefined
  programs: Programs
  limits: Limits
}

/** After SIGKILL the kernel takes a moment to clear a pid namespace. */
const CLEAR_MS = 5000
const NOT_FOUND = 127

/** One program in a sandbox of its own. `forwarder`: what runs inside beside it, and starts it. */
export function startFenced(
  chain: Chain,
  policy: Policy,
  program: readonly string[],
  forwarder: readonly string[],
): ContainedProcess {
  const options = bubblewrapArgs(policy)
  // A NUL ends one argument and begins the next: in a variable it could say `--bind / /`.
  if (options.some((option) => option.includes('\0')))
    return neverStarted(new Error('NUL in the environment of a program.'))
  const { bwrap, prlimit } = chain.programs
  const inside = [prlimit, ...limitsOf(chain), '--', ...forwarder, ...program]
  const [file = '', ...args] = [
    ...chain.staging,
    ...becomeUser(chain),
    bwrap,
    '--args',
    '3',
    '--json-status-fd',
    '4',
    '--',
    ...inside,
  ]
  return startContained(
    // /proc/1/environ inside is bubblewrap's own environment, whatever it clears for the program: so it gets nothing of
    // ours but the mark. It needs that: killed in its first moments, Drover leaves a bubblewrap that waits for ever.
    { file, args, env: { DROVER_RUN_ID: chain.runId }, cwd: '/', options: `${options.join('\0')}\0` },
    treeOf,
  )
}

function becomeUser({ uid, programs }: Chain): string[] {
  // Never uid 0: bubblewrap as root leaves /proc/sys/kernel/core_pattern writable inside, which is root on the host.
  if (uid === undefined) return []
  return [programs.setpriv, '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--']
}

/** Set inside, where processes are counted for this sandbox alone: outside, a desktop user's browser would count as well. */
function limitsOf({ limits: { processes, openFiles, fileBytes } }: Chain): string[] {
  return [`--nproc=${processes}`, `--nofile=${openFiles}`, `--fsize=${fileBytes}`, '--core=0']
}

function treeOf(child: ChildProcess): Tree {
  const status = readStatus(child.stdio[4] as Readable)
  const killAll = async () => {
    // The first process of the namespace takes all others along, and bubblewrap ends after it.
    const target = status.init ?? (child.pid === undefined ? undefined : -child.pid)
    if (target !== undefined) kill(target)
  }
  return {
    async terminate() {
      // SIGTERM to bubblewrap itself would kill the program without a word.
      const children = status.init === undefined ? [] : await childrenOf(status.init)
      for (const pid of children) kill(pid, 'SIGTERM')
    },
    kill: killAll,
    async clear() {
      const deadline = Date.now() + CLEAR_MS
      while (status.init !== undefined && (await isAlive(status.init)) && Date.now() < deadline) await delay(5)
    },
    failure({ code }: Exit) {
      // bubblewrap reports an exit code only of what it could start; what it starts for us says 127, as shells do.
      if (code === null || (status.didRun && code !== NOT_FOUND)) return undefined
      return new Error('The program could not be started inside the fence; its error output says why.')
    },
  }
}

/** Follows `--json-status-fd`: the pid of the sandbox's first process, later the exit code of the program. */
function readStatus(stream: Readable) {
  const status: { init?: number; didRun: boolean } = { didRun: false }
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const init = /"child-pid": (\d+)/.exec(text)?.[1]
    if (init !== undefined) status.init = Number(init)
    status.didRun ||= text.includes('"exit-code"')
  })
  return status
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.split(' ').filter(Boolean).map(Number)
}

/** A zombie is gone, and its namespace with it: whoever inherits it may take seconds to notice. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/^\d+ \(.*\) [ZX]/s.test(stat)
}
