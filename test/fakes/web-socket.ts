/**
 * The server's side of WebSocket (RFC 6455), as much of it as Slack's Socket Mode and Discord's Gateway need: text both ways, ping,
 * close. No extensions, and frames from the client in one piece each, which is what undici and ws send.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

export interface ServerSocket {
  send(text: string): void
  onText(handle: (text: string) => void): void
  /** The code is that of the client's goodbye; 1006 where it said none. */
  onClose(handle: (code: number) => void): void
  /** Says goodbye. */
  close(code?: number): void
  /** Cuts the line, as a network does. */
  destroy(): void
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10
const NORMAL = 1000
const CUT = 1006

/** Answers an `upgrade` of node:http. */
export function acceptWebSocket(request: IncomingMessage, stream: Duplex): ServerSocket {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64')
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  let handleText: (text: string) => void = () => undefined
  let buffered = Buffer.alloc(0)
  let closedWith = CUT
  let hasSaidGoodbye = false

  function goodbye(code: Buffer) {
    if (stream.writable && !hasSaidGoodbye) stream.write(toFrame(CLOSE, code))
    hasSaidGoodbye = true
  }

  stream.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    for (let frame = readFrame(buffered); frame; frame = readFrame(buffered)) {
      buffered = buffered.subarray(frame.size)
      if (frame.opcode === TEXT) handleText(frame.payload.toString())
      else if (frame.opcode === PING) stream.write(toFrame(PONG, frame.payload))
      else if (frame.opcode === CLOSE) {
        if (frame.payload.length >= 2) closedWith = frame.payload.readUInt16BE(0)
        goodbye(frame.payload.subarray(0, 2))
        stream.end()
      }
    }
  })
  // A line that was cut is closed, nothing more.
  stream.on('error', () => stream.destroy())

  return {
    send(text) {
      if (stream.writable) stream.write(toFrame(TEXT, Buffer.from(text)))
    },
    onText: (handle) => void (handleText = handle),
    onClose: (handle) => void stream.once('close', () => handle(closedWith)),
    close: (code = NORMAL) => goodbye(Buffer.from([code >> 8, code & 0xff])),
    destroy: () => void stream.destroy(),
  }
}

function readFrame(data: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  const [first = 0, second = 0] = data
  if (data.length < 2) return undefined
  const short = second & 0x7f
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const maskAt = 2 + lengthBytes
  if (data.length < maskAt + 4) return undefined
  const length = lengthBytes === 0 ? short : lengthBytes === 2 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2))
  const size = maskAt + 4 + length
  if (data.length < size) return undefined
  const mask = data.subarray(maskAt, maskAt + 4)
  const payload = Buffer.from(data.subarray(maskAt + 4, size).map((byte, index) => byte ^ (mask[index % 4] ?? 0)))
  return { opcode: first & 0x0f, payload, size }
}

function toFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const header =
    length < 126
      ? Buffer.from([0x80 | opcode, length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([0x80 | opcode, 127]), bigEndian(length)])
  return Buffer.concat([header, payload])
}

function bigEndian(length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(length))
  return bytes
}
