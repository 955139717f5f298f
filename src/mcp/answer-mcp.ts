import type { IncomingMessage, ServerResponse } from 'node:http'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema, ListToolsRequestSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { RetryLater, UserError } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { LeaseLost } from '../tasks/task.ts'
import { attachArtifact } from './attach-artifact.ts'
import { createTask } from './create-task.ts'
import { recall, remember } from './memory-tools.ts'
import { askPerson, reportProgress } from './person-tools.ts'
import type { RunScope } from './tool.ts'

const TOOLS = [askPerson, reportProgress, createTask, remember, recall, attachArtifact]

const INSTRUCTIONS =
  'You work in Drover, for people who are not at this terminal. Ask them with ask_person, not in your answer, when a decision is theirs. Every tool returns at once.'

/** One MiB of text as JSON, with room for letters that are written as \uXXXX. */
const MAX_BODY_BYTES = 4 * 2 ** 20

export type AnswerMcp = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/**
 * The Model Context Protocol over streamable HTTP, without sessions: each POST brings all that its answer needs, and the answer
 * is JSON. The SDK wants a server and a transport of its own for each request then; that takes half a millisecond.
 */
export function createAnswerMcp(scope: RunScope, log: Log | undefined): AnswerMcp {
  const call = oneAtATime(createCall(scope, log))
  return async (request, response) => {
    const server = new Server(
      { name: 'drover', version: '1.0.0' },
      { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
    )
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: TOOLS.map(({ name, description, inputSchema, annotations }) => ({
        name,
        description,
        inputSchema,
        annotations,
      })),
    }))
    server.setRequestHandler(CallToolRequestSchema, ({ params }) => call(params.name, params.arguments))
    const transport = new StreamableHTTPServerTransport({
      enableJsonResponse: true,
      maxRequestBodySize: MAX_BODY_BYTES,
    })
    response.on('close', () => void server.close())
    await server.connect(transport)
    await transport.handleRequest(request, response)
  }
}

type Call = (name: string, input: unknown) => Promise<CallToolResult>

function createCall(scope: RunScope, log: Log | undefined): Call {
  const calls = new Map<string, number>()
  return async (name, input) => {
    try {
      const tool = TOOLS.find((tool) => tool.name === name)
      if (!tool) {
        throw new UserError(
          'tool-unknown',
          `There is no tool "${name}". There are: ${TOOLS.map((tool) => tool.name).join(', ')}.`,
        )
      }
      const before = calls.get(name) ?? 0
      if (before >= tool.maxCalls) {
        throw new UserError('too-many', `${name} was called ${before} times, and that is the most. Go on without it.`)
      }
      calls.set(name, before + 1)
      return { content: [{ type: 'text', text: await tool.call(scope, input) }] }
    } catch (error) {
      return { content: [{ type: 'text', text: sayError(error, name, log) }], isError: true }
    }
  }
}

/** What the agent is told. The worker learns by itself that a run is lost, and stops it. */
function sayError(error: unknown, name: string, log: Log | undefined): string {
  if (error instanceof UserError || error instanceof RetryLater) return error.message
  if (error instanceof LeaseLost) return 'This run is over: its task has been taken from it. Nothing was written. Stop.'
  log?.error({ err: error, tool: name }, 'a tool of Drover failed')
  return 'Drover itself failed at this; its log says why. Try once more, or go on without.'
}

/** One agent, however much it asks for at once, holds one connection to the database at most. */
function oneAtATime(call: Call): Call {
  let last: Promise<unknown> = Promise.resolve()
  return (name, input) => {
    const next = last.then(() => call(name, input))
    last = next
    return next
  }
}
