import { text } from 'node:stream/consumers'
import type { Autonomy, SessionSpec } from '../driver.ts'
import type { ReadUntil } from './failure.ts'
import type { AcpFlavour } from './flavour.ts'

/**
 * Claude Code by its adapter: what the native driver does, but for limits of turns and money, and slower. `tools`: those it
 * offers its model; by default a to-do list is not among them.
 */
export function claudeOverAcp(tools: readonly string[], readUntil: ReadUntil): AcpFlavour {
  return {
    command: ['claude-agent-acp'],
    install: 'npm install -g @agentclientprotocol/claude-agent-acp',
    takes: ['model'],
    environment: async ({ env, paths, profile: { model } }) => ({
      ...env,
      ...(model !== undefined && { ANTHROPIC_MODEL: model }),
      CLAUDE_CONFIG_DIR: `${paths.state}/claude`,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      // Ten tries, each longer than the last, hide a refused key for more than a minute.
      CLAUDE_CODE_MAX_RETRIES: '2',
      CLAUDE_CODE_ENABLE_TASKS: '0',
      CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
      CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
      // It hides the tools of MCP servers until they are searched for.
      ENABLE_TOOL_SEARCH: 'false',
      // As root it refuses the mode that never asks, unless it is told that something else holds it.
      IS_SANDBOX: '1',
    }),
    sessionMeta: {
      claudeCode: {
        options: {
          tools,
          // The repository's CLAUDE.md, and nothing of it that could start programs: looked for where there is none.
          settingSources: ['project'],
          projectConfigRoot: '/usr',
          strictMcpConfig: true,
          verbatimPrompts: true,
        },
      },
    },
    readUntil,
  }
}

export const GEMINI: AcpFlavour = {
  command: ['gemini', '--acp'],
  install: 'npm install -g @google/gemini-cli',
  // session/load wipes sessions (0.61): it empties one that is younger than a minute, and deletes older files at the second.
  capabilities: { resume: false, questions: false, plan: false },
  takes: ['model'],
  environment: async (spec) => {
    const { model } = spec.profile
    const home = `${spec.paths.state}/gemini`
    await writeInside(spec, `${home}/.gemini/settings.json`, JSON.stringify(GEMINI_SETTINGS))
    return {
      ...spec.env,
      ...(model !== undefined && { GEMINI_MODEL: model }),
      GEMINI_CLI_HOME: home,
      // Without it, it takes no MCP servers, and no mode but the one that asks for everything. With it, it believes the
      // settings of the repository, which can start programs; it takes none from us that would stand above those.
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
      GEMINI_TELEMETRY_ENABLED: 'false',
    }
  },
}

const GEMINI_SETTINGS = {
  // Ten attempts take minutes, without a word of it.
  general: { maxAttempts: 3, enableAutoUpdate: false },
  privacy: { usageStatisticsEnabled: false },
  security: { auth: { selectedType: 'gemini-api-key' } },
}

export const OPENCODE: AcpFlavour = {
  command: ['opencode', 'acp'],
  install: 'npm install -g opencode-ai',
  capabilities: { questions: false },
  takes: ['model'],
  environment: async ({ env, paths, profile: { autonomy, model } }) => ({
    ...env,
    XDG_DATA_HOME: `${paths.state}/opencode`,
    OPENCODE_CONFIG_CONTENT: JSON.stringify({
      ...(model !== undefined && { model, small_model: model }),
      // Sessions are not to be shown on the web, programs not to change under a running task.
      share: 'disabled',
      autoupdate: false,
      permission: OPENCODE_PERMISSION[autonomy],
      // Left out with the rest of the repository's configuration, which could start programs (OPENCODE_DISABLE_PROJECT_CONFIG).
      instructions: [`${paths.workspace}/AGENTS.md`, `${paths.workspace}/CLAUDE.md`],
      provider: opencodeProviders(env),
    }),
    OPENCODE_DISABLE_PROJECT_CONFIG: '1',
    OPENCODE_PURE: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  }),
}

/** It has no modes for that (as the others have, modes.ts). */
const OPENCODE_PERMISSION: Record<Autonomy, Record<string, 'allow' | 'ask' | 'deny'>> = {
  readonly: { edit: 'deny', bash: 'deny', webfetch: 'ask' },
  ask: { edit: 'ask', bash: 'ask', webfetch: 'ask' },
  edits: { edit: 'allow', bash: 'ask', webfetch: 'ask' },
  full: { edit: 'allow', bash: 'allow', webfetch: 'allow', external_directory: 'allow', doom_loop: 'allow' },
}

/** Its own names of vendors, the variables that say where these are, and what it wants behind that. */
const OPENCODE_PROVIDERS = [
  ['anthropic', 'ANTHROPIC_BASE_URL', '/v1'],
  ['openai', 'OPENAI_BASE_URL', ''],
  ['google', 'GOOGLE_GEMINI_BASE_URL', '/v1beta'],
  ['openrouter', 'OPENROUTER_BASE_URL', ''],
] as const

function opencodeProviders(env: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    OPENCODE_PROVIDERS.flatMap(([provider, variable, path]) =>
      env[variable] ? [[provider, { options: { baseURL: env[variable] + path } }]] : [],
    ),
  )
}

/** Only inside the fence the path is what it is for the agent, and the file its own. */
async function writeInside({ launch, paths }: SessionSpec, path: string, content: string): Promise<void> {
  const script = 'umask 077; mkdir -p "$(dirname "$1")" && cat > "$1"'
  const writer = launch({ file: '/bin/sh', args: ['-c', script, 'sh', path], env: {}, cwd: paths.workspace })
  writer.stdin.on('error', () => {})
  writer.stdin.end(content)
  writer.stdout.resume()
  const [words, { code, error }] = await Promise.all([text(writer.stderr), writer.exited])
  if (code !== 0) throw new Error(`${path} could not be written: ${(error?.message ?? words).trim()}`)
}
