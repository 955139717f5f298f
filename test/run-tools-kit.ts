import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addCodebase } from '../src/codebases/store.ts'
import { asSystem } from '../src/db/scope.ts'
import { newId, type Id } from '../src/lib/ids.ts'
import { createRunTools, type RunToolsOptions } from '../src/mcp/run-tools.ts'
import { startWork } from '../src/tasks/start-work.ts'
import type { Task } from '../src/tasks/task.ts'
import { claim } from './queue-fixtures.ts'
import type { TestDatabase } from './test-db.ts'

/** The tools of one run on a port of their own, and what their host heard. */
export interface TestTools extends AsyncDisposable {
  url: string
  token: string
  heard: { reports: string[]; questions: { title: string; choices: string[] }[]; waits: number }
  /** Sends a JSON-RPC message as a client does. */
  post(message: unknown, headers?: Record<string, string>): Promise<Response>
  /** Calls a tool: what the agent reads, with `!` before it where it is an error. */
  call(name: string, input?: unknown): Promise<string>
}

interface CallAnswer {
  result: { content: { text: string }[]; isError?: boolean }
}

export async function openRunTools(
  database: TestDatabase,
  task: Task,
  changed: Partial<RunToolsOptions> = {},
): Promise<TestTools> {
  const heard: TestTools['heard'] = { reports: [], questions: [], waits: 0 }
  const token = 'the-token-of-this-run'
  const host: RunToolsOptions['host'] = {
    report: (text) => void heard.reports.push(text),
    async askPerson(question) {
      heard.questions.push(question)
      return 'Asked. End your turn now.'
    },
    waitForChildren: () => void heard.waits++,
  }
  const server = createServer(createRunTools({ database, task, token, host, ...changed })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const post: TestTools['post'] = (message, headers = {}) =>
    fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: typeof message === 'string' ? message : JSON.stringify(message),
    })
  return {
    url,
    token,
    heard,
    post,
    async call(name, input = {}) {
      const params = { name, arguments: input }
      const response = await post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
      const { result } = (await response.json()) as CallAnswer
      return `${result.isError === true ? '! ' : ''}${result.content.map(({ text }) => text).join()}`
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export const makeCodebase = (database: TestDatabase, orgId: Id<'org'>, name: string) =>
  asSystem(database, (db) => addCodebase(db, { orgId, name, url: `file:///${name}`, defaultBranch: 'main' }))

/** A task on a codebase, as a worker holds it: claimed, and no other of its lane beside it. */
export async function claimTaskOn(
  database: TestDatabase,
  codebase: { id: string; orgId: Id<'org'> },
  changed: { parentId?: string; correlationId?: string; priority?: number } = {},
): Promise<Task> {
  const type = newId('worker').replace('_', '-')
  const { id } = await asSystem(database, async (db) => {
    await db.insertInto('worker_types').values({ name: type, image: null }).execute()
    return startWork(db, {
      orgId: codebase.orgId,
      codebaseId: codebase.id,
      agent: 'scripted',
      prompt: 'p',
      workerType: type,
      ...changed,
    })
  })
  const [task] = await claim(database, 1, { type })
  if (task?.id !== id) throw new Error('another task was claimed')
  return task
}
