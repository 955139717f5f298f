import type { AgentCapabilities, McpServer as AcpMcpServer } from '@agentclientprotocol/sdk'
import type { McpServer } from '../driver.ts'

/** Servers in the protocol's own shape, and a sentence for each that this agent does not take. Every agent takes programs. */
export function toAcpServers(
  servers: readonly McpServer[],
  { mcpCapabilities }: AgentCapabilities,
): { mcpServers: AcpMcpServer[]; shortcomings: string[] } {
  const takesHttp = mcpCapabilities?.http === true
  const taken = servers.filter((server) => takesHttp || 'command' in server)
  return {
    mcpServers: taken.map(toAcpServer),
    shortcomings: servers
      .filter((server) => !taken.includes(server))
      .map(({ name }) => `The agent takes no MCP servers over HTTP: “${name}” is not there for it.`),
  }
}

function toAcpServer(server: McpServer): AcpMcpServer {
  if (!('command' in server)) {
    return { type: 'http', name: server.name, url: server.url, headers: pairs(server.headers) }
  }
  const [command = '', ...args] = server.command
  return { name: server.name, command, args, env: pairs(server.env) }
}

const pairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }))
