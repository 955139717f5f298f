import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { cleanEnvironment } from '../lib/clean-environment.ts'
import { locateProgram } from '../lib/program-folders.ts'
import { runBriefly } from '../lib/run-briefly.ts'
import type { Probe } from './driver.ts'
import { profileLine, REAL_AGENTS, type RealAgent } from './scripted/real-agents.ts'

const TIMEOUT_MS = 1500
/** A vendor's own program may update itself or call home when it is only asked for its state. */
const QUIET = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', NO_COLOR: '1' }

type Vendor = Exclude<RealAgent['name'], 'aider'>
type Login = 'ok' | 'missing' | 'unknown'

/** How each tells whether it is logged in: by variable, by its own status command, by the existence of a file. No file is opened. */
const LOGINS: Record<Vendor, (program: string, env: NodeJS.ProcessEnv, home: string) => Promise<Login>> = {
  async claude(program, env) {
    const keys = ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX']
    return hasAny(env, keys) ? 'ok' : statusOf(program, ['auth', 'status', '--json'], env)
  },
  async codex(program, env) {
    return hasAny(env, ['CODEX_API_KEY', 'OPENAI_API_KEY']) ? 'ok' : statusOf(program, ['login', 'status'], env)
  },
  async gemini(_program, env, home) {
    if (hasAny(env, ['GEMINI_API_KEY', 'GOOGLE_GENAI_USE_VERTEXAI'])) return 'ok'
    return existsSync(join(home, '.gemini', 'oauth_creds.json')) ? 'ok' : 'missing'
  },
  async opencode(_program, env, home) {
    const data = env.XDG_DATA_HOME ?? join(home, '.local', 'share')
    // Without a login it takes hosted models of its own: the code would leave this machine unasked.
    return existsSync(join(data, 'opencode', 'auth.json')) ? 'ok' : 'missing'
  },
}

/** Too slow to be asked for their version while somebody waits (1.5 s and more). */
const SLOW: readonly Vendor[] = ['gemini', 'opencode']

/** Looks for an agent that people may have, and says how it can be brought in. Starts only the vendor's own status commands. */
export async function probeVendor(name: Vendor, env: NodeJS.ProcessEnv): Promise<Probe> {
  const agent = REAL_AGENTS.find((real) => real.name === name)
  const path = await locateProgram(name, env.PATH)
  if (!agent || path === undefined) return { installed: false, auth: 'unknown' }
  const [version, auth] = await Promise.all([
    SLOW.includes(name) ? undefined : versionOf(path, env),
    LOGINS[name](path, env, env.HOME ?? homedir()),
  ])
  return { installed: true, path, ...(version !== undefined && { version }), auth, hint: howToDrive(agent) }
}

function howToDrive(agent: RealAgent): string {
  const line = `add to agents.json: ${profileLine(agent)}`
  const isItself = agent.profile?.command[0] === agent.program
  if (isItself) return `To use it, ${line}`
  return `Its own driver is not in this release; over ACP it works: \`${agent.install}\`, then ${line}`
}

async function versionOf(path: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { output } = await ask(path, ['--version'], env)
  return /\d+\.\d+\.\d+\S*/.exec(output)?.[0]
}

async function statusOf(path: string, args: string[], env: NodeJS.ProcessEnv): Promise<Login> {
  const { ok } = await ask(path, args, env)
  return ok ? 'ok' : 'missing'
}

function ask(path: string, args: string[], env: NodeJS.ProcessEnv) {
  // It must find the person's login, and nothing else of ours.
  const clean = cleanEnvironment(env, ['HOME', 'CLAUDE_CONFIG_DIR', 'CODEX_HOME'])
  return runBriefly(path, args, { env: { ...clean, ...QUIET }, timeoutMs: TIMEOUT_MS })
}

function hasAny(env: NodeJS.ProcessEnv, names: string[]): boolean {
  return names.some((name) => Boolean(env[name]))
}
