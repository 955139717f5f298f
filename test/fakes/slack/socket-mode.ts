/** Slack's side of Socket Mode: tickets, hello, envelopes until they are acknowledged, and connections that are renewed. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { ACK_MS, type Answer, type Envelope } from './deliveries.ts'
import { acceptWebSocket, type ServerSocket } from '../web-socket.ts'

export interface SocketMode {
  /** What `apps.connections.open` answers. Good for one connection. */
  ticket(): string
  upgrade(request: IncomingMessage, stream: Duplex): void
  /** To one of the connections, whichever. */
  offer(envelope: Envelope, attempt: number): Promise<Answer>
  /** Asks one connection to make place for a new one, as Slack does every few hours. */
  refresh(): void
  drop(): void
  count(): number
}

export interface SocketRules {
  /** Slack allows ten. */
  mostConnections: number
}

interface Connection {
  socket: ServerSocket
  isLeaving: boolean
  waiting: Map<string, (answer: Answer) => void>
}

export function createSocketMode(host: () => string, rules: SocketRules): SocketMode {
  const tickets = new Set<string>()
  const connections = new Set<Connection>()
  let turn = 0

  function upgrade(request: IncomingMessage, stream: Duplex) {
    const ticket = new URL(request.url ?? '/', 'ws://slack').searchParams.get('ticket') ?? ''
    if (!tickets.delete(ticket)) return void stream.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
    const connection: Connection = { socket: acceptWebSocket(request, stream), isLeaving: false, waiting: new Map() }
    const { socket } = connection
    if (connections.size >= rules.mostConnections) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets', debug_info: { host: 'fake' } }))
      return socket.close()
    }
    connections.add(connection)
    socket.onClose(() => {
      connections.delete(connection)
      for (const answer of connection.waiting.values()) answer(undefined)
    })
    socket.onText((text) => {
      const { envelope_id: id, payload } = JSON.parse(text)
      connection.waiting.get(id)?.({ payload })
    })
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: connections.size,
        debug_info: { host: 'fake', approximate_connection_time: 18_060 },
        connection_info: { app_id: 'A0DROVER' },
      }),
    )
  }

  async function offer({ type, payload }: Envelope, attempt: number): Promise<Answer> {
    const ready = [...connections].filter(({ isLeaving }) => !isLeaving)
    const connection = ready[turn++ % ready.length]
    if (!connection) return undefined
    const id = randomUUID()
    const { promise, resolve } = Promise.withResolvers<Answer>()
    connection.waiting.set(id, resolve)
    const timer = setTimeout(resolve, ACK_MS, undefined)
    connection.socket.send(
      JSON.stringify({
        envelope_id: id,
        type,
        payload,
        accepts_response_payload: type !== 'events_api',
        ...(type === 'events_api' && { retry_attempt: attempt, retry_reason: attempt > 0 ? 'timeout' : '' }),
      }),
    )
    const answer = await promise
    clearTimeout(timer)
    connection.waiting.delete(id)
    return answer
  }

  return {
    ticket() {
      const ticket = randomUUID()
      tickets.add(ticket)
      return `ws://${host()}/link/?ticket=${ticket}&app_id=A0DROVER`
    },
    upgrade,
    offer,
    refresh() {
      const [leaving] = [...connections].filter(({ isLeaving }) => !isLeaving)
      if (!leaving) return
      leaving.isLeaving = true
      leaving.socket.send(
        JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'fake' } }),
      )
    },
    drop() {
      for (const { socket } of connections) socket.destroy()
    },
    count: () => connections.size,
  }
}
