import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { drover } from '../candidates/drover.ts'
import type { Figure, Measurement } from '../measurement.ts'
import { makeRepository } from '../repository.ts'
import { residentMegabytes, startService } from '../service-process.ts'
import { percentile } from '../statistics.ts'

/** Long enough for all of the first hundred to be at work at once. */
const WORK_MS = 120_000
const GIVE_UP_MS = 240_000
const LOOKS = 200

interface Page {
  tasks: { id: string; status: string }[]
}

/** Drover only: many conversations wait, as many agents as there is room for run, and somebody uses the service meanwhile. */
export const crowd: Measurement = {
  name: 'crowd',
  title: 'Open conversations with scripted agents at work, each a process in a fence of its own',
  async run({ sizes: { crowd: size } }) {
    const home = await mkdtemp(join(tmpdir(), 'drover-bench-crowd-'))
    await chmod(home, 0o755)
    const data = join(home, 'data')
    await mkdir(data)
    const service = await startService(data, { DROVER_CONCURRENCY: String(size.running), DROVER_DRAIN_SECONDS: '0' })
    try {
      const key = (await readFile(join(data, 'api-key'), 'utf8')).trim()
      const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
        const response = await fetch(service.url + path, {
          method,
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        })
        if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
        return (await response.json()) as T
      }
      await call('POST', '/v1/codebases', { url: await makeRepository(home), name: 'app' })
      const acknowledged: number[] = []
      for (let n = 0; n < size.conversations; n++) {
        const startedAt = performance.now()
        await call('POST', '/v1/tasks', { codebase: 'app', agent: 'scripted', prompt: `sleep ${WORK_MS}\nsay ${n}` })
        acknowledged.push(performance.now() - startedAt)
      }
      const startedAt = performance.now()
      const running = () => countRunning(call, size.running)
      while ((await running()) < size.running) {
        if (performance.now() - startedAt > GIVE_UP_MS) throw new Error(`only ${await running()} run`)
        await sleep(500)
      }
      const lists: number[] = []
      for (let n = 0; n < LOOKS; n++) {
        const askedAt = performance.now()
        await call<Page>('GET', '/v1/tasks?limit=50')
        lists.push(performance.now() - askedAt)
        await sleep(10)
      }
      return [
        figure(
          'a message: sent → stored and acknowledged, while agents start, p50',
          'ms',
          percentile(acknowledged, 50),
        ),
        figure('the same, p99', 'ms', percentile(acknowledged, 99)),
        figure(`from the last message until ${size.running} run at once`, 's', (performance.now() - startedAt) / 1_000),
        figure('running at once', 'count', await running()),
        figure('a list of 50 tasks over HTTP meanwhile, p99', 'ms', percentile(lists, 99)),
        figure('resident memory of the service', 'MB', await residentMegabytes(service.pid)),
      ]
    } finally {
      await service.stop()
      await rm(home, { recursive: true, force: true })
    }
  },
}

async function countRunning(call: <T>(method: string, path: string) => Promise<T>, most: number): Promise<number> {
  const { tasks } = await call<Page>('GET', `/v1/tasks?status=running&limit=${Math.min(most, 200)}`)
  return tasks.length
}

const figure = (label: string, unit: Figure['unit'], value: number): Figure => ({
  label,
  unit,
  candidate: drover.name,
  rounds: [value],
})
