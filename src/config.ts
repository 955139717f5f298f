import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { ModelVendor } from './agents/driver.ts'
import { ChannelSettings, channelSettingsIn } from './channel-settings.ts'
import { UserError } from './lib/errors.ts'

const text = (description: string, example?: string) => z.string().optional().meta({ description, example })
const secret = (description: string, example?: string) =>
  z.string().optional().meta({ description, example, secret: true })
const number = (description: string, { min, max, fallback }: { min: number; max: number; fallback: number }) =>
  z.coerce.number().int().min(min).max(max).default(fallback).meta({ description })

/** Every setting there is. `.env.example` and `drover config` are made from it. */
export const Settings = z.object({
  DROVER_HOME: text(
    'Data folder: database, workspaces, the key of this machine. Default: ~/.drover, or /var/lib/drover for root',
    '/var/lib/drover',
  ),
  DATABASE_URL: secret(
    'Your own PostgreSQL 15 or newer. Left out: a built-in one in the data folder',
    'postgres://drover:password@db.example.com:5432/drover',
  ),
  DROVER_DATABASE_CONNECTIONS: z.coerce.number().int().min(5).max(1_000).optional().meta({
    description:
      'How many connections to the database this process opens at most. Default: 24, or 20 more than it runs tasks',
  }),
  HOST: z.string().default('127.0.0.1').meta({
    description: 'Address to listen on. Beyond this machine only with a key made by `drover key create` and a fence',
  }),
  PORT: number('Port to listen on', { min: 0, max: 65_535, fallback: 3000 }),
  WORKSPACE_PATH: text('Where agents work. Default: workspaces/ in the data folder', '/workspace'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .meta({ description: 'How much is logged' }),

  DROVER_AGENT: text('The agent to use where none is named. Default: the best one found on this machine', 'scripted'),
  DROVER_AGENTS_FILE: text('Your own agents, as JSON. Default: agents.json in the data folder'),
  DROVER_SANDBOX: z.enum(['auto', 'required', 'off']).default('auto').meta({
    description:
      'auto: fence agents with bubblewrap where it works; required: never run without; off: run agents unfenced, knowingly',
  }),
  DROVER_CONCURRENCY: number('How many tasks this process runs at once; 0: none', { min: 0, max: 1_000, fallback: 4 }),
  DROVER_WORKER_TYPES: z
    .string()
    .default('general')
    .meta({ description: 'Worker types that this process offers, separated by commas' }),
  DROVER_MAX_RUNNING_PER_ORG: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: 'How many tasks of one org may run at once, over all workers' }),
  DROVER_MAX_RUNNING_PER_AGENT: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: 'How many tasks of one agent may run at once, over all workers' }),
  DROVER_LEASE_SECONDS: number('A task whose worker is silent for so long is given to another', {
    min: 2,
    max: 600,
    fallback: 6,
  }),
  DROVER_DRAIN_SECONDS: number('How long a stop waits for running tasks before it hands them back', {
    min: 0,
    max: 86_400,
    fallback: 20,
  }),
  DROVER_WORKSPACE_IDLE_DAYS: number('Pushed workspaces that nobody used for so long are removed', {
    min: 1,
    max: 3_650,
    fallback: 7,
  }),

  DROVER_STATE_PATH: text(
    'Where agents keep their sessions; on storage that several machines share, each can go on with them. Default: state/ in the data folder',
    '/mnt/shared/drover',
  ),
  DROVER_PRICES_FILE: text(
    'Prices of models, as JSON, beside the built-in ones. Default: prices.json in the data folder',
  ),

  ANTHROPIC_API_KEY: secret(
    'Key for Claude. Agents never see it: they call their model through Drover (also: CLAUDE_API_KEY)',
    'sk-ant-…',
  ),
  CLAUDE_API_KEY: secret('The same, under another name', 'sk-ant-…'),
  CLAUDE_CODE_OAUTH_TOKEN: secret(
    'Login of your own Claude subscription, from `claude setup-token`; the agent sees it (also: CLAUDE_OAUTH_TOKEN)',
    'sk-ant-oat…',
  ),
  CLAUDE_OAUTH_TOKEN: secret('The same, under another name', 'sk-ant-oat…'),
  OPENAI_API_KEY: secret('Key for Codex and other agents on OpenAI. Agents never see it', 'sk-…'),
  CODEX_ID_TOKEN: secret('Login of your own Codex subscription, from auth.json of `codex login`; the agent sees it'),
  CODEX_ACCESS_TOKEN: secret('From the same file'),
  CODEX_REFRESH_TOKEN: secret('From the same file'),
  CODEX_ACCOUNT_ID: text('From the same file'),
  GEMINI_API_KEY: secret('Key for Gemini. Agents never see it'),
  OPENROUTER_API_KEY: secret('Key for OpenRouter', 'sk-or-…'),
  ANTHROPIC_BASE_URL: text('Where Claude’s models are, if not at the vendor', 'https://models.example.com'),
  OPENAI_BASE_URL: text('Where OpenAI’s models are, if not at the vendor', 'https://models.example.com/v1'),
  GOOGLE_GEMINI_BASE_URL: text('Where Gemini’s models are, if not at the vendor', 'https://models.example.com'),

  GITHUB_TOKEN: secret('Token for private repositories on github.com (also: GH_TOKEN)', 'ghp_…'),
  GH_TOKEN: secret('The same, under the name that the gh program uses', 'ghp_…'),
  DROVER_GIT_TOKENS: secret(
    'Tokens for other git servers, by host, separated by commas',
    'git.example.com=token,gitlab.com=glpat-…',
  ),

  DEEPGRAM_API_KEY: secret('Key for Deepgram, which writes down what voice messages say. Without it there are none'),
  DEEPGRAM_API_URL: text('Where Deepgram is, if you host it yourself', 'https://speech.example.com'),
  DEEPGRAM_LANGUAGE: text('The language that people speak to the bot. Default: Deepgram finds out by itself', 'de'),

  ...ChannelSettings,

  DROVER_PUBLIC_URL: text(
    'Where this service is reached from outside, if it is: `drover doctor` proves that what platforms post arrives',
    'https://drover.example.com',
  ),

  DROVER_URL: text(
    'For the command line: the service to talk to. Default: the one on this machine',
    'https://drover.example.com',
  ),
  DROVER_RELAY_URL: text(
    'Where Drover has no public address: the address that `drover relay add` printed on the relay. Set with its token, `drover up` takes what is posted there',
    'https://relay.example.com/r/…',
  ),
  DROVER_RELAY_TOKEN: secret('The token that it printed', 'relay_…'),
  DROVER_API_KEY: secret(
    'For the command line: the key to talk to it with. Default: the key of this machine',
    'drover_…',
  ),
})
export type Settings = z.infer<typeof Settings>

export interface Config extends Omit<
  Settings,
  'DROVER_HOME' | 'WORKSPACE_PATH' | 'DROVER_WORKER_TYPES' | 'DROVER_GIT_TOKENS' | 'GITHUB_TOKEN' | 'GH_TOKEN'
> {
  home: string
  workspacePath: string
  agentsFile: string
  pricesFile: string
  statePath: string
  /** The model vendors that there is a key for. */
  upstreams: Partial<Record<ModelVendor, { baseUrl: string; key: string }>>
  workerTypes: string[]
  /** By name, those that are set. */
  channels: Record<string, string>
  /** By host name. */
  gitTokens: Record<string, string>
  /** All values that must never be printed, by the name of their setting. */
  secrets: Record<string, string>
}

/** Reads all settings at once; `UserError('settings')` says everything that is wrong with them in one go. `defaultHome` is for root, whose own home is closed to the users that work for it. */
export function readConfig(env: NodeJS.ProcessEnv, defaultHome = join(homedir(), '.drover')): Config {
  // `X=` in a .env file means "not set".
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const parsed = Settings.safeParse(given)
  const tokens = parseTokens(given.DROVER_GIT_TOKENS)
  const types = (given.DROVER_WORKER_TYPES ?? 'general').split(',').map((type) => type.trim())
  const problems = [
    ...(parsed.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? []),
    ...tokens.problems,
    ...types
      .filter((type) => !/^[a-z][a-z0-9-]*$/.test(type))
      .map((type) => `DROVER_WORKER_TYPES: "${type}" is no name; use small letters, digits and "-"`),
    ...urlProblems(given),
  ]
  if (!parsed.success || problems.length > 0) {
    throw new UserError(
      'settings',
      `The settings are not right (environment or .env):\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    )
  }
  const {
    DROVER_HOME,
    WORKSPACE_PATH,
    DROVER_WORKER_TYPES: _types,
    DROVER_GIT_TOKENS: _tokens,
    GITHUB_TOKEN,
    GH_TOKEN,
    ...settings
  } = parsed.data
  const home = resolve(DROVER_HOME ?? defaultHome)
  const github = GITHUB_TOKEN ?? GH_TOKEN
  return {
    ...settings,
    home,
    workspacePath: resolve(WORKSPACE_PATH ?? join(home, 'workspaces')),
    statePath: resolve(settings.DROVER_STATE_PATH ?? join(home, 'state')),
    pricesFile: resolve(settings.DROVER_PRICES_FILE ?? join(home, 'prices.json')),
    upstreams: upstreamsIn(settings),
    agentsFile: resolve(settings.DROVER_AGENTS_FILE ?? join(home, 'agents.json')),
    workerTypes: types,
    channels: channelSettingsIn(parsed.data),
    gitTokens: { ...(github !== undefined && { 'github.com': github }), ...tokens.byHost },
    secrets: {
      ...secretsIn(given),
      ...Object.fromEntries(Object.entries(tokens.byHost).map(([host, token]) => [`token of ${host}`, token])),
    },
  }
}

function upstreamsIn(settings: Partial<Settings>): Config['upstreams'] {
  const upstream = (key: string | undefined, baseUrl: string) => (key === undefined ? undefined : { key, baseUrl })
  const found = {
    anthropic: upstream(
      settings.ANTHROPIC_API_KEY ?? settings.CLAUDE_API_KEY,
      settings.ANTHROPIC_BASE_URL ?? 'https://api.anthropic.com',
    ),
    openai: upstream(settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL ?? 'https://api.openai.com/v1'),
    gemini: upstream(
      settings.GEMINI_API_KEY,
      settings.GOOGLE_GEMINI_BASE_URL ?? 'https://generativelanguage.googleapis.com',
    ),
    openrouter: upstream(settings.OPENROUTER_API_KEY, 'https://openrouter.ai/api/v1'),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

/** Where the service is asked from this machine, if it is here. Who listens everywhere is asked here. */
export function addressOf({ DROVER_URL, HOST, PORT }: Pick<Config, 'DROVER_URL' | 'HOST' | 'PORT'>): string {
  if (DROVER_URL !== undefined) return DROVER_URL
  const isEverywhere = HOST === '0.0.0.0' || HOST === '::'
  const host = isEverywhere ? '127.0.0.1' : HOST.includes(':') ? `[${HOST}]` : HOST
  return `http://${host}:${PORT}`
}

/** The environment with the names that agents know for what people may have set under another one. */
export function withUsualNames(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { CLAUDE_API_KEY, CLAUDE_OAUTH_TOKEN } = env
  return {
    ...(CLAUDE_API_KEY && { ANTHROPIC_API_KEY: CLAUDE_API_KEY }),
    ...(CLAUDE_OAUTH_TOKEN && { CLAUDE_CODE_OAUTH_TOKEN: CLAUDE_OAUTH_TOKEN }),
    ...env,
  }
}

function parseTokens(list: string | undefined) {
  const byHost: Record<string, string> = {}
  const problems: string[] = []
  for (const entry of (list ?? '').split(',').filter((part) => part.trim() !== '')) {
    const [, host, token] = /^\s*([^=\s]+)=(\S+)\s*$/.exec(entry) ?? []
    if (host === undefined || token === undefined) problems.push('DROVER_GIT_TOKENS: each entry is host=token')
    else byHost[host] = token
  }
  return { byHost, problems }
}

function urlProblems(given: NodeJS.ProcessEnv): string[] {
  const problems: string[] = []
  if (given.DATABASE_URL !== undefined && !/^postgres(ql)?:\/\//.test(given.DATABASE_URL))
    problems.push('DATABASE_URL: it begins with postgres://')
  if (given.DROVER_RELAY_URL !== undefined && given.DROVER_RELAY_TOKEN === undefined)
    problems.push('DROVER_RELAY_URL: set DROVER_RELAY_TOKEN as well; `drover relay add` printed both')
  for (const name of ['DROVER_URL', 'DROVER_PUBLIC_URL', 'DEEPGRAM_API_URL'] as const)
    if (given[name] !== undefined && !/^https?:\/\//.test(given[name]))
      problems.push(`${name}: it begins with http:// or https://`)
  return problems
}

/** Also secrets that belong to agents: they pass through us, and must not be printed either. */
function secretsIn(given: NodeJS.ProcessEnv): Record<string, string> {
  const looksSecret = /(TOKEN|SECRET|PASSWORD|API_KEY|PRIVATE_KEY)$/
  const named = Object.entries(Settings.shape).filter(([, schema]) => schema.meta()?.secret === true)
  const names = new Set([
    ...named.map(([name]) => name),
    ...Object.keys(given).filter((name) => looksSecret.test(name)),
  ])
  const secrets: Record<string, string> = {}
  for (const name of names) if (given[name] !== undefined) secrets[name] = given[name]
  const password = /^postgres(?:ql)?:\/\/[^:@/]*:([^@/]+)@/.exec(given.DATABASE_URL ?? '')?.[1]
  if (password !== undefined) secrets['password of DATABASE_URL'] = decodeURIComponent(password)
  return secrets
}
