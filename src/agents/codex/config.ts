import type { McpServer, SessionSpec } from '../driver.ts'
import { LOGIN_VARIABLES, providerOf, withoutTokens } from './login.ts'
import { toToml, type ConfigValue } from './toml.ts'

export type SandboxMode = 'read-only' | 'workspace-write' | 'danger-full-access'

type Config = Record<string, ConfigValue>

/** Settings that hold for Codex however it is driven. None of them is a secret: they are seen in the list of processes. */
export function commonConfig({ env, profile }: SessionSpec): Config {
  return {
    model_provider: 'drover',
    model_providers: { drover: providerOf(env) },
    check_for_update_on_startup: false,
    // Without network it waits five seconds at its end to be rid of them.
    analytics: { enabled: false },
    // No plug-ins from the net, none of the mail and calendars that a ChatGPT account may have. And no waiting for ever for
    // a network: the worker tries again.
    features: { plugins: false, apps: false, unbounded_connection_retries: false },
    tools: { update_plan: { enabled: true } },
    // Commands get what the profile lets through (the proxy, the run's mark), but not what logs in.
    shell_environment_policy: {
      inherit: 'all',
      ignore_default_excludes: true,
      exclude: [...LOGIN_VARIABLES, `${MCP_VARIABLE}*`],
    },
    ...(profile.instructions !== undefined && { developer_instructions: profile.instructions }),
  }
}

/** For `codex exec`. It asks nobody: whatever the sandbox lets through is done. */
export function execConfig(spec: SessionSpec, sandbox: SandboxMode): Config {
  return {
    ...commonConfig(spec),
    approval_policy: 'never',
    sandbox_mode: sandbox,
    // Its home takes the place of /tmp, where other programs of this machine have their files.
    sandbox_workspace_write: {
      writable_roots: [spec.paths.home],
      exclude_slash_tmp: true,
      exclude_tmpdir_env_var: true,
    },
    mcp_servers: Object.fromEntries(
      spec.mcpServers.map((server, index) => [
        server.name,
        {
          ...mcpConfig(server, index),
          // Otherwise it calls only those that say of themselves that they change nothing.
          ...(spec.profile.autonomy !== 'readonly' && { default_tools_approval_mode: 'approve' }),
        },
      ]),
    ),
  }
}

export function configArguments(config: Config): string[] {
  return Object.entries(config).flatMap(([key, value]) => ['-c', `${key}=${toToml(value)}`])
}

/** The environment of the Codex program itself. */
export function codexEnvironment({ env, mcpServers, paths }: SessionSpec): Record<string, string> {
  return { ...withoutTokens(env), ...mcpVariables(mcpServers), CODEX_HOME: codexHome(paths) }
}

export const codexHome = ({ state }: SessionSpec['paths']) => `${state}/codex`

function mcpConfig(server: McpServer, index: number): Config {
  const variables = Object.keys(secretsOf(server)).map((name, place) => [name, mcpVariable(index, place)] as const)
  if (!('command' in server)) return { url: server.url, env_http_headers: Object.fromEntries(variables) }
  // Codex can hand on a variable, but under no other name, and two servers may want one name for two things.
  const renaming = variables.map(([name, variable]) => `export ${name}="$${variable}"; `).join('')
  return {
    command: '/bin/sh',
    args: ['-c', `${renaming}exec "$@"`, 'sh', ...server.command],
    env_vars: variables.map(([, variable]) => variable),
  }
}

/** Headers and variables of MCP servers are secrets: they go by environment. */
function mcpVariables(servers: readonly McpServer[]): Record<string, string> {
  return Object.fromEntries(
    servers.flatMap((server, index) =>
      Object.values(secretsOf(server)).map((value, place) => [mcpVariable(index, place), value]),
    ),
  )
}

const MCP_VARIABLE = 'DROVER_MCP_'
const mcpVariable = (server: number, place: number) => `${MCP_VARIABLE}${server}_${place}`
const secretsOf = (server: McpServer) => ('command' in server ? server.env : server.headers)
