import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../free-port.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/drover.js', import.meta.url))
const GIVE_UP_MS = 60_000

/** `npm start` on a data folder, as a process of its own. */
export async function startService(home: string, settings: Record<string, string> = {}) {
  const port = await freePort()
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['--max-semi-space-size=8', PROGRAM, 'up'], {
    cwd: home,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      DROVER_HOME: home,
      DROVER_AGENT: 'scripted',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-500)))
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the service does not start: ${complaint.trim() || 'it ended without a word'}`)
  })
  // Whoever is racing hears of it; after that an end is no news.
  ended.catch(() => undefined)
  await Promise.race([answers(`http://127.0.0.1:${port}/livez`), ended])
  return {
    readyMs: performance.now() - startedAt,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    stop: () => end(child),
  }
}

async function answers(url: string) {
  for (let waited = 0; waited < GIVE_UP_MS; waited += 5) {
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok === true) return
    await sleep(5)
  }
  throw new Error(`the service does not answer at ${url} within a minute`)
}

async function end(child: ChildProcess) {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

/** Of one process. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024
}
