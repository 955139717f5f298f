import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { cleanEnvironment } from '../lib/clean-environment.ts'
import { findProgram } from '../lib/find-program.ts'
import { runBriefly } from '../lib/run-briefly.ts'

interface OwnLogin {
  /** By the vendor's own status command, or by the existence of a file. No credential file is opened. */
  isThere(env: NodeJS.ProcessEnv, home: string): Promise<boolean> | boolean
  /** How to get it to where agents see it. */
  wayOut: string
}

const CLAUDE: OwnLogin = {
  isThere: (env) => statusIsGood('claude', ['auth', 'status', '--json'], env),
  wayOut: 'Run `claude setup-token` and set CLAUDE_CODE_OAUTH_TOKEN to what it prints, or set ANTHROPIC_API_KEY',
}
const CODEX: OwnLogin = {
  isThere: (env) => statusIsGood('codex', ['login', 'status'], env),
  wayOut:
    'Set CODEX_ID_TOKEN, CODEX_ACCESS_TOKEN, CODEX_REFRESH_TOKEN and CODEX_ACCOUNT_ID to the tokens in its auth.json, or set OPENAI_API_KEY',
}

const OWN_LOGINS: Readonly<Record<string, OwnLogin>> = {
  claude: CLAUDE,
  'claude-acp': CLAUDE,
  codex: CODEX,
  'codex-acp': CODEX,
  gemini: {
    isThere: (_env, home) => existsSync(join(home, '.gemini', 'oauth_creds.json')),
    wayOut: 'Set GEMINI_API_KEY',
  },
  opencode: {
    isThere: (env, home) => existsSync(join(env.XDG_DATA_HOME ?? join(home, '.local/share'), 'opencode/auth.json')),
    wayOut: 'Set OPENAI_API_KEY',
  },
}

/**
 * What to do about an agent that seems to be logged in already, but only for the person: agents have a home of their own.
 * Undefined where there is no such login. `driver`: the name of its driver.
 */
export async function ownLoginHint(driver: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const login = Object.hasOwn(OWN_LOGINS, driver) ? OWN_LOGINS[driver] : undefined
  if (!login || !(await login.isThere(env, env.HOME ?? homedir()))) return undefined
  return `It is logged in, but in your own home, which agents do not see. ${login.wayOut}, and start Drover again.`
}

const TIMEOUT_MS = 1500
/** A vendor's own program may update itself or call home when it is only asked for its state. */
const QUIET = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', NO_COLOR: '1' }

async function statusIsGood(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const path = await findProgram(program, env.PATH ?? '')
  if (path === undefined) return false
  // It must find the person's login, and nothing else of ours.
  const clean = cleanEnvironment(env, ['HOME', 'CLAUDE_CONFIG_DIR', 'CODEX_HOME'])
  const { ok } = await runBriefly(path, args, { env: { ...clean, ...QUIET }, timeoutMs: TIMEOUT_MS })
  return ok
}
