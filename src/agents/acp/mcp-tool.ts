import { z } from 'zod'
import type { ToolCallUpdate } from '@agentclientprotocol/sdk'

export interface McpTool {
  server: string
  tool: string
}

const claude = z.object({ _meta: z.object({ claudeCode: z.object({ toolName: z.string() }) }) })
const codex = z.object({
  _meta: z.object({ is_mcp_tool_call: z.literal(true) }),
  rawInput: z.object({ server: z.string(), tool: z.string() }),
})

/**
 * The tool of an MCP server that a call is of: each agent tells that in its own way, the protocol has none. Claude and Codex say
 * it beside the protocol; Gemini in the title, opencode by the name: believed only of what is no command and no edit.
 */
export function mcpToolOf(call: ToolCallUpdate, servers: readonly string[]): McpTool | undefined {
  const { data: byCodex } = codex.safeParse(call)
  if (byCodex) return byCodex.rawInput
  const { data: byClaude } = claude.safeParse(call)
  if (byClaude) {
    const { _meta: meta } = byClaude
    const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(meta.claudeCode.toolName) ?? []
    return server !== undefined && tool !== undefined ? { server, tool } : undefined
  }
  if (call.kind !== 'other' || typeof call.title !== 'string') return undefined
  const { title } = call
  for (const server of servers) {
    const ending = ` (${server} MCP Server)`
    if (title.endsWith(ending)) return { server, tool: title.slice(0, -ending.length) }
    if (title.startsWith(`${server}_`)) return { server, tool: title.slice(server.length + 1) }
  }
  return undefined
}
