import { PassThrough, Readable, Writable } from 'node:stream'
import { agent, ndJsonStream, PROTOCOL_VERSION } from '@agentclientprotocol/sdk'
import type { AgentApp, AgentCapabilities, NewSessionResponse, SessionUpdate } from '@agentclientprotocol/sdk'
import type { Exit, Launch } from '../../src/lib/process.ts'

/** A launch that starts no process: the agent lives here, behind the same two pipes. */
export function launchInMemory(app: AgentApp): Launch {
  return () => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
    const connection = app.connect(ndJsonStream(Writable.toWeb(stdout), Readable.toWeb(stdin)))
    const exited = connection.closed.then((): Exit => ({ code: 0, signal: null }))
    return {
      stdin,
      stdout,
      stderr,
      exited,
      stop: async () => {
        connection.close()
        stdout.end()
        return exited
      },
    }
  }
}

/** An agent that can do no more than shake hands and open sessions: a test gives it the rest. */
export function createPoliteAgent(
  agentCapabilities: AgentCapabilities = {},
  opened: Partial<NewSessionResponse> = {},
): AgentApp {
  return agent({ name: 'polite' })
    .onRequest('initialize', () => ({ protocolVersion: PROTOCOL_VERSION, agentCapabilities }))
    .onRequest('session/new', () => ({ ...opened, sessionId: 'session-1' }))
}

export const saying = (text: string): SessionUpdate => ({
  sessionUpdate: 'agent_message_chunk',
  content: { type: 'text', text },
})
