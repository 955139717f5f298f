import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { clientOf, git, makeRepository, openFolder } from '../test-service.ts'
import { end, up } from './up.ts'

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
