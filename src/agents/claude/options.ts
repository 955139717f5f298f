import type { Autonomy, McpServer, SessionSpec, TurnLimits } from '../driver.ts'
import type { CanUseTool, McpServerConfig, QueryOptions } from './sdk.ts'
import { OFFERED_TOOLS } from './tools.ts'

/**
 * Two modes do for four autonomies; what the profile allows is answered in `permissions.ts`. Plan mode has a model judge
 * commands, and wants a plan approved in a dialog at its end. `bypassPermissions` refuses to run as root, unless it is told that it is in a
 * sandbox, which it may not be.
 */
const MODES: Record<Autonomy, QueryOptions['permissionMode']> = {
  readonly: 'default',
  ask: 'default',
  edits: 'acceptEdits',
  full: 'default',
}

/**
 * With `project` Claude reads the repository's CLAUDE.md and `.claude/rules`. Everything else of a repository's configuration can
 * start programs or change the rules (settings with hooks and variables, skills, commands, agents, .mcp.json): it is
 * looked for here, in a folder that has none and that no agent can write to.
 */
const NO_PROJECT_CONFIGURATION = '/usr'

const SETTINGS = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  // After half a second, one and two. The same number is for a wrong key (401), which should be told within seconds, and for a busy
  // API (429, 5xx), which Drover itself tries again, after longer. The default of ten hides a wrong key for more than a minute.
  CLAUDE_CODE_MAX_RETRIES: '3',
  // TodoWrite tells its whole list each time, and so survives a new process; its successors tell changes.
  CLAUDE_CODE_ENABLE_TASKS: '0',
  // A turn ends when its work is done.
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  // Drover keeps the memories: these would lie where no other conversation finds them.
  CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
}

export type SessionOptions = Omit<QueryOptions, 'spawnClaudeCodeProcess' | 'pathToClaudeCodeExecutable'>

export function buildOptions(
  { profile, paths, env, mcpServers }: SessionSpec,
  limits: TurnLimits,
  resume: string | undefined,
  canUseTool: CanUseTool,
): SessionOptions {
  const { model, instructions, autonomy } = profile
  return {
    cwd: paths.workspace,
    env: { ...env, ...SETTINGS, CLAUDE_CONFIG_DIR: `${paths.state}/claude` },
    systemPrompt: { type: 'preset', preset: 'claude_code', ...(instructions && { append: instructions }) },
    tools: OFFERED_TOOLS,
    permissionMode: MODES[autonomy],
    canUseTool,
    settingSources: ['project'],
    projectConfigRoot: NO_PROJECT_CONFIGURATION,
    mcpServers: Object.fromEntries(mcpServers.map((server) => [server.name, mcpConfig(server, paths.workspace)])),
    strictMcpConfig: true,
    // Tokens in a command line could be read by every user of the machine.
    mcpServersDelivery: 'initialize',
    // A message from a chat that begins with `/` or names `@file` is text.
    verbatimPrompts: true,
    includePartialMessages: true,
    ...(resume !== undefined && { resume }),
    ...(model !== undefined && { model }),
    ...(limits.turns !== undefined && { maxTurns: limits.turns }),
    ...(limits.usd !== undefined && { maxBudgetUsd: limits.usd }),
  }
}

/** Always loaded: otherwise the model has to search for a tool before it knows that there is one. */
function mcpConfig(server: McpServer, workspace: string): McpServerConfig {
  if ('url' in server) return { type: 'http', url: server.url, headers: { ...server.headers }, alwaysLoad: true }
  // Claude would start it in the folder of the project's configuration.
  const args = ['-c', 'cd "$0" && exec "$@"', workspace, ...server.command]
  return { type: 'stdio', command: '/bin/sh', args, env: { ...server.env }, alwaysLoad: true }
}
