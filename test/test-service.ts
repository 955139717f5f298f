import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readConfig } from '../src/config.ts'
import { createLog } from '../src/lib/log.ts'
import { startService, startWorker } from '../src/start-service.ts'
import type { Task, TaskEventList } from '../src/http/wire.ts'
import { createTestDatabase, dropTestDatabase, urlOf } from './test-db.ts'

const run = promisify(execFile)

/** A folder that the users of database and agents may pass through. */
export async function openFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix))
  await chmod(folder, 0o755)
  return folder
}

export async function git(cwd: string, ...args: string[]): Promise<string> {
  return (await run('git', args, { cwd })).stdout.trim()
}

/** A user's own checkout with one commit. */
export async function makeRepository(folder: string): Promise<string> {
  const repository = join(folder, 'app')
  await git(folder, 'init', '--quiet', '--initial-branch', 'main', repository)
  await writeFile(join(repository, 'README.md'), '# App\n')
  await git(repository, 'add', '.')
  await git(repository, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', 'commit', '--quiet', '-m', 'First')
  return repository
}

/** Speaks to a service as any program would. */
export function clientOf({ url, apiKey }: { url: string; apiKey: string }) {
  async function call<T>(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
  const show = (id: string) => call<Task>('GET', `/v1/tasks/${id}`)
  return {
    call,
    show,
    start: (body: object) => call<Task>('POST', '/v1/tasks', body),
    /** Waits until the task is in one of these states. */
    async until(id: string, ...statuses: string[]): Promise<Task> {
      for (;;) {
        const task = await show(id)
        if (statuses.includes(task.status)) return task
        if (['completed', 'failed', 'cancelled'].includes(task.status))
          throw new Error(`${id} is ${task.status}: ${JSON.stringify(task.failure)}`)
        await sleep(50)
      }
    },
    async events(id: string): Promise<{ type: string; [key: string]: unknown }[]> {
      const { events } = await call<TaskEventList>('GET', `/v1/tasks/${id}/events?limit=500`)
      return events.map(({ event }) => event)
    },
  }
}

/** The whole service in this process, on a database of its own, with a repository that it knows. */
export async function startTestService(settings: Record<string, string> = {}, { codebase = true } = {}) {
  const folder = await openFolder('drover-service-')
  const name = await createTestDatabase()
  const env = { PATH: process.env.PATH, DATABASE_URL: urlOf(name), PORT: '0', DROVER_AGENT: 'scripted', ...settings }
  const configFor = (home: string, more: Record<string, string> = {}) =>
    readConfig({ ...env, DROVER_HOME: join(folder, home), ...more })
  const log = createLog({ level: 'silent', pretty: false, secrets: {} })
  const service = await startService(configFor('home'), env, log)
  const client = clientOf(service)
  const repository = await makeRepository(folder)
  if (codebase) await client.call('POST', '/v1/codebases', { url: repository, name: 'app' })
  return {
    ...client,
    url: service.url,
    apiKey: service.apiKey,
    /** For a look behind the API. */
    databaseUrl: env.DATABASE_URL,
    folder,
    repository,
    /** Another process's worker, as far as the database can tell. */
    startWorker: (home: string, more: Record<string, string> = {}) => startWorker(configFor(home, more), env, log),
    stop: () => service.stop(),
    async [Symbol.asyncDispose]() {
      await service.stop()
      await dropTestDatabase(name)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type TestService = Awaited<ReturnType<typeof startTestService>>
