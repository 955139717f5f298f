import { sql } from 'kysely'
import { asSystem } from '../src/db/scope.ts'
import { createHttp, type Http } from '../src/http/http.ts'
import type { HttpParts } from '../src/http/parts.ts'
import type { Task } from '../src/http/wire.ts'
import { UserError } from '../src/lib/errors.ts'
import type { Id } from '../src/lib/ids.ts'
import { createLog } from '../src/lib/log.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { createApiKey } from '../src/orgs/store.ts'
import { claimTasks } from '../src/tasks/store.ts'
import { runOf, type Run } from '../src/tasks/task.ts'
import { openTestDb, type TestDatabase } from './test-db.ts'

/** An API without a port, on a database of its own, with a key of each of two orgs. */
export interface TestApi extends AsyncDisposable {
  database: TestDatabase
  http: Http
  key: string
  /** Asks with the first org's key. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** Asks with the key of another org. */
  askAsStranger(method: string, path: string, body?: unknown): Promise<Response>
  /** Asks, expects this status, and returns what was answered. */
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown, status?: number): Promise<T>
  /** Claims the next task, as a worker does. */
  claim(): Promise<Run>
}

const STRANGERS: Id<'org'> = 'org_strangers'

export async function openTestApi(changed: Partial<HttpParts> = {}): Promise<TestApi> {
  const database = await openTestDb()
  const { token: key } = await asSystem(database, (db) => createApiKey(db, DEFAULT_ORG, 'test'))
  const { token: strangersKey } = await asSystem(database, async (db) => {
    await sql`insert into orgs (id, slug, name) values (${STRANGERS}, 'strangers', 'Strangers')`.execute(db)
    return createApiKey(db, STRANGERS, 'strangers')
  })
  const http = createHttp({ ...PARTS, database, ...changed })

  const askWith =
    (token: string): TestApi['ask'] =>
    (method, path, body, headers = {}) => {
      const content = typeof body === 'string' ? body : JSON.stringify(body)
      return http.fetch(
        new Request(`http://localhost${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(content !== undefined && {
              'content-type': 'application/json',
              // As every client sends it; a Request that was never sent has none.
              'content-length': String(Buffer.byteLength(content)),
            }),
            ...headers,
          },
          ...(content !== undefined && { body: content }),
        }),
      )
    }
  const ask = askWith(key)
  const expectAnswer = async (response: Response, status: number) => {
    const body: unknown = await response.json()
    if (response.status !== status) throw new Error(`${response.status} instead of ${status}: ${JSON.stringify(body)}`)
    return body
  }
  return {
    database,
    http,
    key,
    ask,
    askAsStranger: askWith(strangersKey),
    get: async <T>(path: string) => (await expectAnswer(await ask('GET', path), 200)) as T,
    post: async <T>(path: string, body: unknown, status = 201) =>
      (await expectAnswer(await ask('POST', path, body), status)) as T,
    async claim() {
      const worker = { id: 'wrk_test', type: 'general', count: 1, leaseSeconds: 600 }
      const [task] = await asSystem(database, (db) => claimTasks(db, worker))
      if (!task) throw new Error('There is nothing to claim.')
      return runOf(task)
    },
    async [Symbol.asyncDispose]() {
      await http.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

/** A codebase and a task in it. */
export async function startTask(api: TestApi, prompt = 'Say hello'): Promise<Task> {
  const { codebases } = await api.get<{ codebases: unknown[] }>('/v1/codebases')
  if (codebases.length === 0) await api.post('/v1/codebases', { url: '/srv/app' })
  return api.post<Task>('/v1/tasks', { prompt, codebase: 'app' })
}

/** What the API needs of the rest, where nothing of that matters. */
export const PARTS: Omit<HttpParts, 'database'> = {
  log: createLog({ level: 'silent', pretty: false, secrets: {} }),
  version: '0.0.0-test',
  relayToken: undefined,
  agents: {
    defaultName: 'scripted',
    names: ['scripted', 'aider'],
    list: async () => [
      {
        name: 'scripted',
        title: 'Scripted',
        driver: 'scripted',
        installed: true,
        version: '1',
        auth: 'not_needed',
        shortcomings: [],
        selected: true,
      },
    ],
  },
  inspectRemote: async (url) => {
    if (url.includes('missing')) throw new UserError('repository-missing', `There is no repository at ${url}.`)
    return { defaultBranch: 'main' }
  },
  fence: 'Agents are fenced by a test.',
  receive: async () => undefined,
  findAccount: async () => undefined,
  seal: (text) => Buffer.from(text),
  unseal: (sealed) => sealed.toString(),
  isDraining: () => false,
  streams: { pollMs: 50, heartbeatMs: 15_000 },
}
