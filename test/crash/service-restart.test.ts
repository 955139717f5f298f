import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { clientOf, git, makeRepository, openFolder } from '../test-service.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** `drover up` as a process of its own, with its own built-in database. */
async function up(home: string) {
  const child = spawn(process.execPath, [MAIN, 'up'], {
    env: {
      PATH: process.env.PATH,
      HOME: home,
      DROVER_HOME: home,
      PORT: '0',
      DROVER_CONCURRENCY: '4',
      LOG_LEVEL: 'info',
    },
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

const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
  child.kill(signal)
  await once(child, 'exit')
}

test('a service that is killed in the middle of ten tasks ends all of them after its restart, each once', async () => {
  const home = await openFolder('drover-killed-')
  const repository = await makeRepository(home)
  const first = await up(home)
  const before = clientOf(first)
  await before.call('POST', '/v1/codebases', { url: repository, name: 'app' })
  const tasks = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      before.start({ prompt: `run echo ${n} >> work.txt\nsleep 700\nwrite end-${n}.txt :: end`, codebase: 'app' }),
    ),
  )
  for (;;) {
    const running = await Promise.all(tasks.map(({ id }) => before.show(id)))
    if (running.filter((task) => task.status === 'running').length === 4) break
    await sleep(20)
  }
  await sleep(400)
  await end(first.child, 'SIGKILL')

  const second = await up(home)
  const after = clientOf(second)
  const ended = []
  for (const { id } of tasks) ended.push(await after.until(id, 'completed'))
  await end(second.child, 'SIGTERM')

  for (const [n, task] of ended.entries()) {
    const branch = task.result?.branch ?? ''
    expect(await git(repository, 'log', '--format=%s', `main..${branch}`)).toBe(`run echo ${n} >> work.txt`)
    expect(await git(repository, 'show', `${branch}:work.txt`)).toBe(String(n))
  }
  const lost = ended.filter((task) => task.attempt > 1)
  expect(lost.length).toBeGreaterThanOrEqual(1)
  await rm(home, { recursive: true, force: true })
}, 120_000)
