import { cleanEnvironment } from '../../lib/clean-environment.ts'
import { locateProgram, programFolders } from '../../lib/program-folders.ts'
import { runBriefly } from '../../lib/run-briefly.ts'
import { keyNames, type AgentProfile, type Driver, type Probe } from '../driver.ts'
import { HOW_TO_INSTALL_SDK, importSdk, isSdkInstalled, type ClaudeSdk } from './sdk.ts'
import { openClaudeSession } from './session.ts'

export interface ClaudeParts {
  loadSdk?(): Promise<ClaudeSdk>
  /** Without loading it. */
  hasSdk?(): boolean
}

/** Variables by which Claude Code is let in. Its login lies in the person's own home, which agents do not see. */
const KEYS = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_VERTEX',
]
const VERSION_MS = 1500

/** Claude Code, by its own SDK: the user's program, and the SDK that is no dependency of Drover. */
export function createClaudeDriver({ loadSdk = importSdk, hasSdk = isSdkInstalled }: ClaudeParts = {}): Driver {
  return {
    capabilities: {
      resume: true,
      permissions: true,
      questions: true,
      spend: true,
      plan: true,
      pieces: true,
      mcp: true,
      images: true,
    },
    // All that a profile can want: its limits too are kept by Claude Code itself.
    shortcomings: () => [],
    tools: (profile, env) => programFolders(commandOf(profile), env),
    probe: (profile, env) => probeClaude(profile, env, hasSdk),
    open: async (spec, host) => openClaudeSession(spec, host, commandOf(spec.profile), loadSdk),
  }
}

function commandOf({ command }: AgentProfile): readonly string[] {
  return command.length > 0 ? command : ['claude']
}

async function probeClaude(profile: AgentProfile, env: NodeJS.ProcessEnv, hasSdk: () => boolean): Promise<Probe> {
  const [program = ''] = commandOf(profile)
  const path = await locateProgram(program, env.PATH)
  if (path === undefined) {
    const hint = `Install Claude Code (\`npm install -g @anthropic-ai/claude-code\`), or correct the command of “${profile.name}” in agents.json.`
    return { installed: false, auth: 'unknown', hint }
  }
  const version = await versionOf(path, env)
  const found = { path, ...(version !== undefined && { version }) }
  if (!hasSdk()) {
    return {
      ...found,
      installed: false,
      auth: 'unknown',
      hint: `The Claude Agent SDK is missing; ${HOW_TO_INSTALL_SDK}`,
    }
  }
  const names = keyNames(profile).filter((name) => KEYS.includes(name))
  if (names.some((name) => env[name])) return { ...found, installed: true, auth: 'ok' }
  const hint =
    names.length > 0
      ? `Set ${names.join(' or ')} (\`claude setup-token\` prints a token of your subscription) and start Drover again.`
      : `Name ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN in “env” of “${profile.name}” in agents.json, set it, and start Drover again.`
  return { ...found, installed: true, auth: 'missing', hint }
}

/** It only says its version: it updates nothing, and calls nobody. */
async function versionOf(path: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const quiet = { ...cleanEnvironment(env), CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' }
  const { output } = await runBriefly(path, ['--version'], { env: quiet, timeoutMs: VERSION_MS })
  return /\d+\.\d+\.\d+\S*/.exec(output)?.[0]
}
