/** The bundled agent: a program that speaks ACP over stdin and stdout, runs the steps it is given, and is no model. */
import { randomUUID } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { agent, ndJsonStream, PROTOCOL_VERSION, RequestError } from '@agentclientprotocol/sdk'
import type { AgentContext, McpServer } from '@agentclientprotocol/sdk'
import { answerPrompt } from './answer-prompt.ts'
import { StepFailed } from './failures.ts'
import { readSession, writeSession, type ScriptedSession } from './session-store.ts'
import { createStage } from './client-stage.ts'
import { readPrompt, type Told } from './sent-files.ts'

interface OpenSession {
  session: ScriptedSession
  workspace: string
  mode: string
  mcpServers: readonly McpServer[]
  running?: AbortController
}

const MODES = [
  { id: 'readonly', name: 'Change nothing' },
  { id: 'ask', name: 'Ask before each change' },
  { id: 'edits', name: 'Edit files, ask before commands' },
  { id: 'full', name: 'Ask nothing' },
]
const modes = { currentModeId: 'ask', availableModes: MODES }
const sessions = new Map<string, OpenSession>()

function openSession(id: string): OpenSession {
  const open = sessions.get(id)
  if (!open) throw RequestError.sessionNotFound(id)
  return open
}

async function prompt(open: OpenSession, told: Told, client: AgentContext) {
  const { session } = open
  const stopping = new AbortController()
  open.running = stopping
  try {
    const stopReason = await answerPrompt(session, told.text, createStage(open, told, client, stopping.signal))
    session.prompts.push(told.text)
    return { stopReason }
  } catch (error) {
    if (error instanceof StepFailed) throw new RequestError(-32602, error.message)
    throw error
  } finally {
    writeSession(session)
    delete open.running
  }
}

const connection = agent({ name: 'scripted' })
  .onRequest('initialize', () => ({
    protocolVersion: PROTOCOL_VERSION,
    agentInfo: { name: 'scripted', version: '1' },
    agentCapabilities: {
      promptCapabilities: { image: true },
      mcpCapabilities: { http: true },
      sessionCapabilities: { resume: {}, close: {} },
    },
  }))
  .onRequest('session/new', ({ params }) => {
    const session = { id: randomUUID(), prompts: [] }
    writeSession(session)
    sessions.set(session.id, { session, workspace: params.cwd, mode: 'ask', mcpServers: params.mcpServers })
    return { sessionId: session.id, modes }
  })
  .onRequest('session/resume', ({ params }) => {
    const session = readSession(params.sessionId)
    if (!session) throw RequestError.sessionNotFound(params.sessionId)
    sessions.set(session.id, { session, workspace: params.cwd, mode: 'ask', mcpServers: params.mcpServers ?? [] })
    return { modes }
  })
  .onRequest('session/set_mode', ({ params }) => {
    openSession(params.sessionId).mode = params.modeId
    return {}
  })
  .onRequest('session/close', ({ params }) => {
    sessions.get(params.sessionId)?.running?.abort()
    sessions.delete(params.sessionId)
    return {}
  })
  .onRequest('session/prompt', ({ params, client }) =>
    prompt(openSession(params.sessionId), readPrompt(params.prompt), client),
  )
  .onNotification('session/cancel', ({ params }) => sessions.get(params.sessionId)?.running?.abort())
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)))

/** A command of ours lives in a group of its own: it must be killed with us. */
function leave() {
  for (const { running } of sessions.values()) running?.abort()
  process.exit(0)
}
process.on('SIGTERM', leave)
void connection.closed.then(leave)
