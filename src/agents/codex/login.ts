import type { ConfigValue } from './toml.ts'

type Environment = Readonly<Record<string, string>>

/** Drover's own names for what `codex login` writes into auth.json. */
const TOKENS = ['CODEX_ID_TOKEN', 'CODEX_ACCESS_TOKEN', 'CODEX_REFRESH_TOKEN', 'CODEX_ACCOUNT_ID'] as const
const KEYS = ['CODEX_API_KEY', 'OPENAI_API_KEY'] as const

/** Everything that logs in to the model, which the commands that Codex runs need not see. */
export const LOGIN_VARIABLES: readonly string[] = [...TOKENS, ...KEYS]

/** By a key, by the login of a subscription, or by nothing (a model server of one's own). A key wins: it is what the gateway gives. */
export type Login = { type: 'key'; variable: string } | { type: 'tokens'; authJson: string } | { type: 'none' }

export function loginOf(env: Environment): Login {
  const variable = KEYS.find((name) => env[name])
  if (variable) return { type: 'key', variable }
  const authJson = authJsonOf(env)
  return authJson === undefined ? { type: 'none' } : { type: 'tokens', authJson }
}

/** Without the tokens that go into auth.json: Codex takes CODEX_ACCESS_TOKEN for another kind of login. */
export function withoutTokens(env: Environment): Record<string, string> {
  if (authJsonOf(env) === undefined) return { ...env }
  return Object.fromEntries(Object.entries(env).filter(([name]) => !TOKENS.some((token) => token === name)))
}

function authJsonOf(env: Environment): string | undefined {
  const { CODEX_ID_TOKEN, CODEX_ACCESS_TOKEN, CODEX_REFRESH_TOKEN, CODEX_ACCOUNT_ID } = env
  if (!CODEX_ID_TOKEN || !CODEX_ACCESS_TOKEN || !CODEX_REFRESH_TOKEN) return undefined
  const tokens = {
    id_token: CODEX_ID_TOKEN,
    access_token: CODEX_ACCESS_TOKEN,
    refresh_token: CODEX_REFRESH_TOKEN,
    ...(CODEX_ACCOUNT_ID && { account_id: CODEX_ACCOUNT_ID }),
  }
  return JSON.stringify({ auth_mode: 'chatgpt', OPENAI_API_KEY: null, tokens })
}

/**
 * Where Codex finds its model. Always a provider of our own: with its built-in one Codex tries a WebSocket first, and where that
 * is closed loses six seconds (0.163) to twenty (0.169) before it goes on by HTTP.
 */
export function providerOf(env: Environment): ConfigValue {
  const login = loginOf(env)
  const common = { name: 'Drover', wire_api: 'responses', request_max_retries: 2, stream_max_retries: 2 }
  // Without an address it takes that of ChatGPT, or OpenAI's, by the kind of login.
  if (login.type === 'tokens') return { ...common, requires_openai_auth: true }
  return {
    ...common,
    base_url: env.OPENAI_BASE_URL || 'https://api.openai.com/v1',
    ...(login.type === 'key' && { env_key: login.variable }),
  }
}
