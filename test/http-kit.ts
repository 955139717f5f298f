import { createHttp, type Http } from '../src/http/http.ts'
import type { HttpParts } from '../src/http/parts.ts'
import { asSystem } from '../src/db/scope.ts'
import { UserError } from '../src/lib/errors.ts'
import { createLog } from '../src/lib/log.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { createApiKey } from '../src/orgs/store.ts'
import { sql } from 'kysely'
import { openTestDb, type TestDatabase } from './test-db.ts'
import type { Id } from '../src/lib/ids.ts'

/** An API without a port, on a database of its own, with a key of each of two orgs. */
export interface TestApi extends AsyncDisposable {
  database: TestDatabase
  http: Http
  parts: HttpParts
  key: string
  strangersKey: string
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
}

const STRANGERS: Id<'org'> = 'org_strangers'

export async function openTestApi(changed: Partial<HttpParts> = {}): Promise<TestApi> {
  const database = await openTestDb()
  const { token: key } = await asSystem(database, (db) => createApiKey(db, DEFAULT_ORG, 'test'))
  const { token: strangersKey } = await asSystem(database, async (db) => {
    await sql`insert into orgs (id, slug, name) values (${STRANGERS}, 'strangers', 'Strangers')`.execute(db)
    return createApiKey(db, STRANGERS, 'strangers')
  })
  const parts: HttpParts = {
    database,
    log: createLog({ level: 'silent', pretty: false, secrets: {} }),
    version: '0.0.0-test',
    agents: AGENTS,
    inspectRemote: async (url) => {
      if (url.includes('missing')) throw new UserError('repository-missing', `There is no repository at ${url}.`)
      return { defaultBranch: 'main' }
    },
    fence: 'Agents are fenced by a test.',
    isDraining: () => false,
    streams: { pollMs: 50, heartbeatMs: 15_000 },
    ...changed,
  }
  const http = createHttp(parts)
  return {
    database,
    http,
    parts,
    key,
    strangersKey,
    ask: (method, path, body, headers = {}) =>
      http.fetch(
        new Request(`http://localhost${path}`, {
          method,
          headers: {
            authorization: `Bearer ${key}`,
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        }),
      ),
    async [Symbol.asyncDispose]() {
      await http.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

const AGENTS: HttpParts['agents'] = {
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
      selected: true,
    },
    {
      name: 'aider',
      title: 'Aider',
      driver: 'aider',
      installed: false,
      auth: 'unknown',
      hint: 'pip install aider-chat',
      selected: false,
    },
  ],
}
