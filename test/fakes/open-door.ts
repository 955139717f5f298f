/** The HTTP server of the processes, for platforms that post. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Channel } from '../../src/channels/channel.ts'

/** What is posted goes to one process whose channel runs, and is refused while none does. */
export async function openDoor(path: string) {
  const running = new Set<Channel>()
  async function pass(incoming: IncomingMessage, outgoing: ServerResponse) {
    const [channel] = running
    const headers = new Headers(incoming.headers as Record<string, string>)
    const body = new Uint8Array(await buffer(incoming))
    const request = new Request(`http://door${incoming.url}`, { method: 'POST', headers, body })
    const response = (await channel?.receive?.(request)) ?? new Response('', { status: 503 })
    outgoing.writeHead(response.status).end(await response.text())
  }
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    /** How many channels run behind it. */
    open: () => running.size,
    behind: (channel: Channel): Channel => ({
      ...channel,
      start() {
        running.add(channel)
        const started = channel.start()
        return {
          async stop() {
            running.delete(channel)
            await started.stop()
          },
        }
      },
    }),
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
