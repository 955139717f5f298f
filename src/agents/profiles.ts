import { z } from 'zod'
import { UserError } from '../lib/errors.ts'
import type { AgentProfile, GatewayVariables, TurnLimits } from './driver.ts'

const MINUTE_MS = 60_000
const DEFAULT_WORKER_TYPE = 'general'
const DEFAULT_LIMITS: TurnLimits = { wallMs: 60 * MINUTE_MS, stallMs: 10 * MINUTE_MS, outputBytes: 2 * 2 ** 20 }

type Known = Pick<AgentProfile, 'name' | 'title' | 'env' | 'network'> & Partial<AgentProfile>

/**
 * Whoever sends a message from a phone wants the work done, tests run and all, and looks at the branch afterwards. That is what the
 * fence is for; where there is none, `readProfiles` takes this back.
 */
const known = (profile: Known): AgentProfile => ({
  driver: profile.name,
  command: [],
  autonomy: 'full',
  mcpServers: [],
  workerType: DEFAULT_WORKER_TYPE,
  limits: DEFAULT_LIMITS,
  ...profile,
})

const ANTHROPIC: GatewayVariables = { vendor: 'anthropic', url: 'ANTHROPIC_BASE_URL', key: 'ANTHROPIC_API_KEY' }
const OPENAI: GatewayVariables = { vendor: 'openai', url: 'OPENAI_BASE_URL', key: 'OPENAI_API_KEY' }
const GEMINI: GatewayVariables = { vendor: 'gemini', url: 'GOOGLE_GEMINI_BASE_URL', key: 'GEMINI_API_KEY' }
/** Logins of people's own subscriptions: they cannot go through the gateway. */
const CLAUDE_LOGIN = { env: ['CLAUDE_CODE_OAUTH_TOKEN'], network: ['api.anthropic.com'] }
const CODEX_LOGIN = {
  env: ['CODEX_ID_TOKEN', 'CODEX_ACCESS_TOKEN', 'CODEX_REFRESH_TOKEN', 'CODEX_ACCOUNT_ID'],
  network: ['api.openai.com', 'chatgpt.com', 'auth.openai.com'],
}

/** Agents that need no agents.json. */
export const BUILT_IN_PROFILES: readonly AgentProfile[] = [
  // Its steps are written by the person who sends them: to ask that person again would be idle.
  known({ name: 'scripted', title: 'Scripted agent (no model)', env: [], network: [] }),
  known({ name: 'claude', title: 'Claude Code', gateway: ANTHROPIC, ...CLAUDE_LOGIN }),
  known({ name: 'codex', title: 'Codex', gateway: OPENAI, ...CODEX_LOGIN }),
  known({
    name: 'gemini',
    title: 'Gemini CLI',
    gateway: GEMINI,
    env: [],
    network: ['generativelanguage.googleapis.com'],
  }),
  known({ name: 'opencode', title: 'opencode', gateway: OPENAI, env: [], network: ['api.openai.com'] }),
  known({
    name: 'aider',
    title: 'Aider',
    command: ['aider'],
    env: ['OPENROUTER_API_KEY', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENAI_API_BASE', 'GEMINI_API_KEY'],
    network: ['openrouter.ai', 'api.anthropic.com', 'api.openai.com', 'generativelanguage.googleapis.com'],
  }),
  known({ name: 'claude-acp', title: 'Claude Code over ACP', gateway: ANTHROPIC, ...CLAUDE_LOGIN }),
  known({ name: 'codex-acp', title: 'Codex over ACP', gateway: OPENAI, ...CODEX_LOGIN }),
]

/** They ask nobody in any case. */
const ASK_NOBODY = ['scripted', 'aider']
/** With a command of their own. */
const NEED_A_COMMAND = ['acp', 'cli', 'aider']
const DRIVER_NAMES = [
  'claude',
  'codex',
  'gemini',
  'opencode',
  'claude-acp',
  'codex-acp',
  'acp',
  'cli',
  'aider',
  'scripted',
] as const

const minutes = z
  .number()
  .positive()
  .max(7 * 24 * 60)

const variable = z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable')
const strings = z.record(z.string(), z.string()).default({})

const mcpServerSchema = z.union([
  z.strictObject({ name: z.string().min(1), url: z.url(), headers: strings }),
  z.strictObject({ name: z.string().min(1), command: z.array(z.string()).min(1), env: strings }),
])

const profileSchema = z.strictObject({
  driver: z.enum(DRIVER_NAMES),
  command: z.array(z.string()).default([]),
  title: z.string().min(1).optional(),
  env: z.array(variable).optional(),
  autonomy: z.enum(['readonly', 'ask', 'edits', 'full']).default('ask'),
  model: z.string().min(1).optional(),
  instructions: z.string().min(1).optional(),
  mcpServers: z.array(mcpServerSchema).default([]),
  workerType: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'has only a–z, 0–9 and hyphens')
    .default(DEFAULT_WORKER_TYPE),
  gateway: z
    .strictObject({ vendor: z.enum(['anthropic', 'openai', 'gemini', 'openrouter']), url: variable, key: variable })
    .optional(),
  network: z.array(z.string().min(1)).default([]),
  limits: z
    .strictObject({
      wallMinutes: minutes.optional(),
      stallMinutes: minutes.optional(),
      turns: z.int().positive().optional(),
      usd: z.number().positive().optional(),
    })
    .default({}),
  maxRunning: z.int().positive().optional(),
})

const fileSchema = z.record(
  z.string(),
  profileSchema.refine(({ driver, command }) => !NEED_A_COMMAND.includes(driver) || command.length > 0, {
    path: ['command'],
    message: 'must name the program to start, then its arguments',
  }),
)

/**
 * The built-in profiles (without a fence they may edit, and ask for the rest) and those of a parsed agents.json, which come first and may replace a built-in one.
 * Throws `UserError('agents-file')` that names every mistake in it.
 */
export function readProfiles(json: unknown, { fenced = true } = {}): AgentProfile[] {
  const parsed = fileSchema.safeParse(json)
  const mistakes = [
    ...namesIn(json)
      .filter((name) => !/^[a-z0-9-]+$/.test(name))
      .map((name) => `“${name}”: a name has only a–z, 0–9 and hyphens`),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`),
  ]
  if (!parsed.success || mistakes.length > 0) {
    throw new UserError('agents-file', `agents.json has mistakes:\n${mistakes.map((text) => `- ${text}`).join('\n')}`)
  }
  const own = Object.entries(parsed.data).map(([name, profile]) => profileFrom(name, profile))
  const builtIn = BUILT_IN_PROFILES.filter(({ name }) => !Object.hasOwn(parsed.data, name))
  return [...own, ...(fenced ? builtIn : builtIn.map(withoutFence))]
}

const withoutFence = (profile: AgentProfile): AgentProfile =>
  ASK_NOBODY.includes(profile.driver) ? profile : { ...profile, autonomy: 'edits' }

function namesIn(json: unknown): string[] {
  return typeof json === 'object' && json !== null ? Object.keys(json) : []
}

/** Whose key, login and hosts a profile of this driver has where it names none. */
const builtInFor = (driver: string) => BUILT_IN_PROFILES.find((profile) => profile.driver === driver)

function profileFrom(name: string, profile: z.output<typeof profileSchema>): AgentProfile {
  const {
    title,
    model,
    instructions,
    maxRunning,
    limits,
    gateway = builtInFor(profile.driver)?.gateway,
    ...given
  } = profile
  const base = builtInFor(profile.driver)
  return {
    ...given,
    env: given.env ?? base?.env ?? [],
    network: [...(base?.network ?? []), ...given.network],
    name,
    title: title ?? name,
    limits: {
      ...DEFAULT_LIMITS,
      ...(limits.wallMinutes !== undefined && { wallMs: limits.wallMinutes * MINUTE_MS }),
      ...(limits.stallMinutes !== undefined && { stallMs: limits.stallMinutes * MINUTE_MS }),
      ...(limits.turns !== undefined && { turns: limits.turns }),
      ...(limits.usd !== undefined && { usd: limits.usd }),
    },
    ...(gateway && { gateway }),
    ...(model !== undefined && { model }),
    ...(instructions !== undefined && { instructions }),
    ...(maxRunning !== undefined && { maxRunning }),
  }
}
