import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Post {
  path: string
  headers: Record<string, string>
  body: string
}

/** `drop`: the connection breaks. `silence`: it stays open, and nothing comes. */
export type Answer = { status: number; headers?: Record<string, string> } | 'drop' | 'silence'

/** A program on loopback that is posted to: it notes what comes, and answers as it is told. */
export async function startReceiver(port = 0) {
  const posts: Post[] = []
  let answerTo: (post: Post) => Answer = () => ({ status: 204 })
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const post = { path: request.url ?? '', headers: flat(request.headers), body }
      posts.push(post)
      const answer = answerTo(post)
      if (answer === 'drop') request.socket.destroy()
      else if (answer !== 'silence') response.writeHead(answer.status, answer.headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: taken } = server.address() as AddressInfo
  return {
    port: taken,
    url: `http://127.0.0.1:${taken}/drover`,
    posts,
    answerWith(status: number, headers: Record<string, string> = {}) {
      answerTo = () => ({ status, headers })
    },
    answerBy(decide: (post: Post) => Answer) {
      answerTo = decide
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    async [Symbol.asyncDispose]() {
      await this.stop()
    },
  }
}

const flat = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
