import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/drover.js', import.meta.url))

/** `drover up` as a process of its own, with its own built-in database below `home`, as its owner runs it. */
export async function up(home: string, settings: Record<string, string> = {}) {
  const own = { HOME: home, DROVER_HOME: home, NODE_COMPILE_CACHE: join(tmpdir(), 'compiled') }
  const child = spawn(process.execPath, [PROGRAM, 'up'], {
    env: { PATH: process.env.PATH, ...own, PORT: '0', DROVER_CONCURRENCY: '4', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  for (;;) {
    const url = /listens on (http:\S+)/.exec(output)?.[1]
    if (url !== undefined) return { child, url, apiKey: (await readFile(join(home, 'api-key'), 'utf8')).trim() }
    if (child.exitCode !== null) throw new Error(output)
    await sleep(20)
  }
}

export async function end(child: ChildProcess, signal: NodeJS.Signals) {
  child.kill(signal)
  await once(child, 'exit')
}
