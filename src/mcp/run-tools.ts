import { createHash, timingSafeEqual } from 'node:crypto'
import type { OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import type { Database } from '../db/connect.ts'
import { asOrg, asSystem } from '../db/scope.ts'
import type { Log } from '../lib/log.ts'
import { holdFence } from '../tasks/store.ts'
import { runOf, type Task } from '../tasks/task.ts'
import type { AnswerMcp } from './answer-mcp.ts'
import type { KnownAgents, RunScope, RunToolsHost } from './tool.ts'

export type { RunToolsHost } from './tool.ts'

export interface RunToolsOptions {
  database: Database
  /** As it was claimed: what the tools write names its attempt. */
  task: Task
  /** Of this run alone. */
  token: string
  host: RunToolsHost
  /** Whom a task may be given to; left out, only the task's own agent. */
  agents?: KnownAgents
  /** For what goes wrong on our side: the agent is told no more than that it did. */
  log?: Log
}

/** Each may hold a body of some megabytes. */
const MAX_REQUESTS_AT_ONCE = 16

/**
 * Drover's tools for the agent of one run: an MCP server at `/mcp`, for requests with `Authorization: Bearer <token>`. The
 * README beside says what the tools do.
 */
export function createRunTools({ database, task, token, host, agents, log }: RunToolsOptions): RequestListener {
  const scope: RunScope = {
    task,
    host,
    agents,
    write: (work) =>
      // An org's own transaction has no right to the fence.
      asSystem(database, async (db) => {
        await holdFence(db, runOf(task))
        return work(db)
      }),
    read: (work) => asOrg(database, task.orgId, work),
  }
  const isToken = comparesWith(token)
  let open = 0
  let answer: Promise<AnswerMcp> | undefined
  // With the first request: ten MiB and a quarter of a second that a service without runs need not pay.
  const load = () => import('./answer-mcp.ts').then(({ createAnswerMcp }) => createAnswerMcp(scope, log))

  return (request, response) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? []
    if (given === undefined || !isToken(given)) {
      return refuse(response, 401, 'Send the token of this run: Authorization: Bearer …', {
        'www-authenticate': 'Bearer',
      })
    }
    if (request.url?.split('?', 1)[0] !== '/mcp') return refuse(response, 404, 'The tools are at /mcp.')
    // No stream for what a server tells by itself, no session to end: the protocol has 405 for both.
    if (request.method !== 'POST') return refuse(response, 405, 'Only POST is served here.', { allow: 'POST' })
    if (open >= MAX_REQUESTS_AT_ONCE) return refuse(response, 429, 'Too many requests at once.', { 'retry-after': '1' })
    open++
    response.once('close', () => open--)
    answer ??= load()
    answer
      .then((answer) => answer(request, response))
      .catch((error: unknown) => {
        log?.error({ err: error }, 'a request to the tools failed')
        if (response.headersSent) response.destroy()
        else refuse(response, 500, 'Drover itself failed at this; its log says why.')
      })
  }
}

/** In a time that says nothing of how much is right. */
function comparesWith(secret: string): (text: string) => boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  const expected = hash(secret)
  return (text) => timingSafeEqual(hash(text), expected)
}

function refuse(response: ServerResponse, status: number, message: string, headers: OutgoingHttpHeaders = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }))
}
