/**
 * Discord's Gateway: hello, identify, heartbeats, and sessions that outlive their connection, so that whoever resumes one is told
 * what he missed. https://docs.discord.com/developers/events/gateway
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { GatewayCloseCodes, GatewayIntentBits, GatewayOpcodes } from 'discord-api-types/v10'
import { acceptWebSocket, type ServerSocket } from '../web-socket.ts'

interface Frame {
  op: number
  t: string | null
  s: number | null
  d: unknown
}

interface Session {
  id: string
  seq: number
  /** All that was told, to be told again. */
  told: Frame[]
  socket: ServerSocket | undefined
}

export interface GatewayRules {
  /** "Message Content Intent" in the developer portal. */
  hasMessageContent: boolean
  /** Closes whoever identifies with this code. */
  refusesWith: number | undefined
  /** Of a connection: longer than any test. */
  heartbeatMs: number
  /** Takes connections, and says nothing. */
  isSilent: boolean
}

export interface Gateway {
  upgrade(request: IncomingMessage, stream: Duplex): void
  /** To every session, connected or not. */
  tell(type: string, data: unknown): void
  /** What was told last, once more, with the same number. */
  repeat(): void
  /** Op 7: connect anew, please. */
  askToReconnect(): void
  /** Op 9: what was missed is lost. */
  invalidate(): void
  /** As a restart of Discord's does: whoever resumes, cannot. */
  forgetSessions(): void
  closeAll(code: number): void
  drop(): void
  /** The lines that are open now carry nothing any more, and nobody is told. */
  freeze(): void
  /** Connections with a session. */
  count(): number
  /** With or without. */
  connections(): number
  stats: { identified: number; resumed: number; refusedResumes: number }
}

interface Parts {
  rules: GatewayRules
  isToken(token: string): boolean
  /** What a new session is told first. */
  greet(sessionId: string): { type: string; data: unknown }[]
}

const PRIVILEGED = GatewayIntentBits.MessageContent

export function createGateway({ rules, isToken, greet }: Parts): Gateway {
  const sessions = new Map<string, Session>()
  const sockets = new Set<ServerSocket>()
  const frozen = new Set<ServerSocket>()
  const stats = { identified: 0, resumed: 0, refusedResumes: 0 }

  function send(socket: ServerSocket | undefined, frame: Partial<Frame>) {
    if (socket && !frozen.has(socket)) socket.send(JSON.stringify({ t: null, s: null, d: null, ...frame }))
  }

  function tellOne(session: Session, type: string, data: unknown) {
    const frame = { op: GatewayOpcodes.Dispatch, t: type, s: ++session.seq, d: data }
    session.told.push(frame)
    send(session.socket, frame)
  }

  function bind(session: Session, socket: ServerSocket) {
    session.socket?.close(GatewayCloseCodes.SessionTimedOut)
    session.socket = socket
    socket.onClose((code) => {
      if (session.socket === socket) session.socket = undefined
      // So the platform does: with these, the bot goes offline, and its session ends.
      if (code === 1000 || code === 1001) sessions.delete(session.id)
    })
  }

  function identify(socket: ServerSocket, { token, intents }: { token: string; intents: number }) {
    if (!isToken(token)) return socket.close(GatewayCloseCodes.AuthenticationFailed)
    if (rules.refusesWith !== undefined) return socket.close(rules.refusesWith)
    if ((intents & PRIVILEGED) !== 0 && !rules.hasMessageContent)
      return socket.close(GatewayCloseCodes.DisallowedIntents)
    const session: Session = { id: randomUUID(), seq: 0, told: [], socket: undefined }
    sessions.set(session.id, session)
    stats.identified++
    bind(session, socket)
    for (const { type, data } of greet(session.id)) tellOne(session, type, data)
  }

  function resume(socket: ServerSocket, wish: { token: string; session_id: string; seq: number }) {
    if (!isToken(wish.token)) return socket.close(GatewayCloseCodes.AuthenticationFailed)
    const session = sessions.get(wish.session_id)
    if (!session) {
      stats.refusedResumes++
      return send(socket, { op: GatewayOpcodes.InvalidSession, d: false })
    }
    if (wish.seq > session.seq) return socket.close(GatewayCloseCodes.InvalidSeq)
    stats.resumed++
    bind(session, socket)
    for (const frame of session.told) if ((frame.s ?? 0) > wish.seq) send(socket, frame)
    tellOne(session, 'RESUMED', {})
  }

  return {
    stats,
    upgrade(request, stream) {
      const socket = acceptWebSocket(request, stream)
      sockets.add(socket)
      socket.onClose(() => sockets.delete(socket))
      socket.onText((text) => {
        const { op, d } = JSON.parse(text)
        if (op === GatewayOpcodes.Heartbeat) send(socket, { op: GatewayOpcodes.HeartbeatAck })
        else if (op === GatewayOpcodes.Identify) identify(socket, d)
        else if (op === GatewayOpcodes.Resume) resume(socket, d)
        else socket.close(GatewayCloseCodes.UnknownOpcode)
      })
      if (!rules.isSilent) send(socket, { op: GatewayOpcodes.Hello, d: { heartbeat_interval: rules.heartbeatMs } })
    },
    tell(type, data) {
      for (const session of sessions.values()) tellOne(session, type, data)
    },
    repeat() {
      for (const { socket, told } of sessions.values()) {
        const last = told.findLast(({ t }) => t === 'MESSAGE_CREATE' || t === 'INTERACTION_CREATE')
        if (last) send(socket, last)
      }
    },
    askToReconnect() {
      for (const { socket } of sessions.values()) send(socket, { op: GatewayOpcodes.Reconnect })
    },
    invalidate() {
      const open = [...sessions.values()]
      sessions.clear()
      for (const { socket } of open) send(socket, { op: GatewayOpcodes.InvalidSession, d: false })
    },
    forgetSessions: () => sessions.clear(),
    closeAll(code) {
      for (const socket of sockets) socket.close(code)
    },
    freeze() {
      for (const socket of sockets) frozen.add(socket)
    },
    drop() {
      for (const socket of sockets) socket.destroy()
    },
    connections: () => sockets.size,
    count: () => [...sessions.values()].filter(({ socket }) => socket !== undefined).length,
  }
}
