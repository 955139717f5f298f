import { Readable, Writable } from 'node:stream'
import { client, ndJsonStream } from '@agentclientprotocol/sdk'
import type {
  ClientContext,
  CreateElicitationRequest,
  CreateElicitationResponse,
  RequestPermissionRequest,
  RequestPermissionResponse,
  SessionUpdate,
} from '@agentclientprotocol/sdk'
import type { Command, Launch } from '../../lib/process.ts'
import { AgentEnded } from './failure.ts'

/** What the agent tells and asks us. */
export interface AgentListener {
  onUpdate(update: SessionUpdate): void
  onPermission(request: RequestPermissionRequest): Promise<RequestPermissionResponse>
  onElicitation(request: CreateElicitationRequest): Promise<CreateElicitationResponse>
}

export interface AgentProcess {
  /** Like the SDK's, but says how the process ended when it did. */
  request: ClientContext['request']
  /** Lost when the process is gone: there is nobody left to tell. */
  notify: ClientContext['notify']
  isRunning(): boolean
  stop(graceMs: number): Promise<void>
}

const LAST_WORDS = 2000
const PIPE_GRACE_MS = 500

/** Starts an agent and speaks ACP with it over its stdin and stdout. */
export function startAgentProcess(launch: Launch, command: Command, listener: AgentListener): AgentProcess {
  const child = launch(command)
  let lastWords = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS)
  })
  // Writing to an agent that has just died is no news: its end is told by `exited`.
  child.stdin.on('error', () => {})

  const connection = client({ name: 'drover' })
    .onNotification('session/update', ({ params }) => listener.onUpdate(params.update))
    .onRequest('session/request_permission', ({ params }) => listener.onPermission(params))
    .onRequest('elicitation/create', ({ params }) => listener.onElicitation(params))
    .connect(ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout)))
  // The end of its output closes the connection, with all that was said before. This is for a pipe that stays open
  // because a grandchild holds it.
  void child.exited.then(() => setTimeout(() => connection.close(), PIPE_GRACE_MS).unref())

  const request = async (method: string, params?: unknown) => {
    try {
      return await connection.agent.request(method, params)
    } catch (error) {
      if (!connection.signal.aborted) throw error
      throw new AgentEnded(await child.stop(), lastWords.trim())
    }
  }
  return {
    request,
    notify: async (method: string, params?: unknown) => {
      await connection.agent.notify(method, params).catch(() => {})
    },
    isRunning: () => !connection.signal.aborted,
    async stop(graceMs) {
      await child.stop(graceMs)
      connection.close()
    },
  }
}
