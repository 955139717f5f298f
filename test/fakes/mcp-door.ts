import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { McpServer as Server } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import type { McpServer } from '../../src/agents/driver.ts'

export interface McpDoor {
  /** Answers below `/mcp`, to those who have the token. */
  listener: RequestListener
  /** For a session. `url`: where the door answers, as the agent sees it. */
  serverAt(url: string): McpServer
  /** What the tool was called with. */
  readonly calls: string[]
}

/** A server of the Model Context Protocol with one tool: it says again what it is told. */
export function createMcpDoor(): McpDoor {
  const token = randomBytes(12).toString('hex')
  const calls: string[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const server = new Server({ name: 'conformance', version: '1' })
    server.registerTool(
      'repeat',
      { description: 'Says again what it is told', inputSchema: { text: z.string() } },
      ({ text }) => {
        calls.push(text)
        return { content: [{ type: 'text', text: `repeated ${text}` }] }
      },
    )
    // Without sessions: each request has a server of its own.
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    await server.connect(transport)
    await transport.handleRequest(request, response)
  }
  return {
    calls,
    listener(request, response) {
      if (request.headers.authorization === `Bearer ${token}`) return void answer(request, response)
      response.writeHead(401).end()
    },
    serverAt: (url) => ({ name: 'conformance', url: `${url}/mcp`, headers: { Authorization: `Bearer ${token}` } }),
  }
}
