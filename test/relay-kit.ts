import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asSystem } from '../src/db/scope.ts'
import { startServer } from '../src/http/server.ts'
import { createLog } from '../src/lib/log.ts'
import { followRelay } from '../src/relay/follow-relay.ts'
import { LIMITS, type RelayLimits } from '../src/relay/limits.ts'
import { startRelayDoors } from '../src/relay/relay.ts'
import { addChannel } from '../src/relay/store.ts'
import { openTestDb, type TestDatabase } from './test-db.ts'

const SECRET = 'it is a secret to everybody'
const log = createLog({ level: 'silent', pretty: false, secrets: {} })

/** As GitHub signs. */
export const signatureOf = (body: string | Buffer) =>
  `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`

export interface Received {
  method: string | undefined
  url: string | undefined
  headers: IncomingHttpHeaders
  body: Buffer
  isGenuine: boolean
}

export interface Answer {
  status: number
  body?: string | Buffer
  headers?: Record<string, string>
}

/** What stands behind the relay: it keeps what it took, and looks at the signature over the bytes. */
export async function startReceivingService(answer: (post: Received) => Answer = () => ({ status: 200, body: 'ok' })) {
  const posts: Received[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const body = Buffer.concat(await request.toArray())
      const { method, url, headers } = request
      const isGenuine = headers['x-hub-signature-256'] === signatureOf(body)
      const post = { method, url, headers, body, isGenuine }
      const { status, body: said, headers: more } = answer(post)
      if (status < 500 && status !== 429) posts.push(post)
      response.writeHead(status, more).end(said)
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A relay on a real port, with one channel. */
export async function openTestRelay(limits: Partial<RelayLimits> = {}) {
  const database: TestDatabase = await openTestDb()
  const { id, token } = await asSystem(database, (db) => addChannel(db, 'home'))
  const doors = startRelayDoors({ database, log, limits: { ...LIMITS, ...limits } })
  const server = await startServer({ ...doors }, { host: '127.0.0.1', port: 0 })
  const connections: (() => Promise<void>)[] = []
  const address = `${server.url}/r/${id}`
  return {
    database,
    url: server.url,
    id,
    token,
    address,
    /** Another process, as far as the database can tell; without a port. */
    beside() {
      const doors = startRelayDoors({ database, log, limits: LIMITS })
      return { fetch: doors.fetch, [Symbol.asyncDispose]: doors.close }
    },
    /** As a platform posts: signed, and without a token. */
    post: (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
      fetch(`${address}${path}`, {
        method: 'POST',
        body: new Uint8Array(Buffer.from(body)),
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(body), ...headers },
      }),
    /** As Drover reads; connected once this settles, until the relay ends or the returned function is called. */
    async connect(serviceUrl: string, { giveUpMs = 60_000, withToken = token } = {}) {
      const stopping = new AbortController()
      const connected = Promise.withResolvers<void>()
      const ended = followRelay(
        {
          relay: { url: address, token: withToken },
          service: { url: serviceUrl, giveUpMs },
          log,
          onConnected: connected.resolve,
        },
        stopping.signal,
      )
      await Promise.race([connected.promise, ended])
      const disconnect = () => {
        stopping.abort()
        return ended
      }
      connections.push(disconnect)
      return disconnect
    },
    async [Symbol.asyncDispose]() {
      for (const disconnect of connections) await disconnect()
      await server.stop()
      await database[Symbol.asyncDispose]()
    },
  }
}
