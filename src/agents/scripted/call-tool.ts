import type { McpServer } from '@agentclientprotocol/sdk'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

export interface ToolResult {
  text: string
  isError: boolean
}

/** Connects, calls one tool and leaves. Rejects when the server is not there, or does not know the tool. */
export async function callTool(
  server: McpServer,
  tool: string,
  input: Record<string, unknown>,
  signal: AbortSignal,
): Promise<ToolResult> {
  const client = new Client({ name: 'scripted', version: '1' })
  await client.connect(transportTo(server), { signal })
  try {
    const result = await client.callTool({ name: tool, arguments: input }, undefined, { signal })
    const parts = result.content as { type: string; text?: string }[]
    return { text: parts.map(({ text }) => text ?? '').join('\n'), isError: result.isError === true }
  } finally {
    await client.close()
  }
}

function transportTo(server: McpServer) {
  if ('command' in server) {
    return new StdioClientTransport({
      command: server.command,
      args: server.args,
      env: Object.fromEntries(server.env.map(({ name, value }) => [name, value])),
    })
  }
  if (!('url' in server)) throw new Error('This server is reached in a way that I do not know.')
  const headers = Object.fromEntries(server.headers.map(({ name, value }) => [name, value]))
  return new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } })
}
