import { z } from 'zod'
import { UserError } from '../lib/errors.ts'
import type { AgentProfile, TurnLimits } from './driver.ts'

const MINUTE_MS = 60_000
const DEFAULT_WORKER_TYPE = 'general'
const DEFAULT_LIMITS: TurnLimits = { wallMs: 60 * MINUTE_MS, stallMs: 10 * MINUTE_MS, outputBytes: 2 * 2 ** 20 }

/** Agents that need no agents.json. */
export const BUILT_IN_PROFILES: readonly AgentProfile[] = [
  {
    name: 'scripted',
    driver: 'scripted',
    title: 'Scripted agent (no model)',
    command: [],
    env: [],
    // Its steps are written by the person who sends them: to ask that person again would be idle.
    autonomy: 'full',
    mcpServers: [],
    workerType: DEFAULT_WORKER_TYPE,
    network: [],
    limits: DEFAULT_LIMITS,
  },
  {
    name: 'aider',
    driver: 'aider',
    title: 'Aider',
    command: ['aider'],
    env: ['OPENROUTER_API_KEY', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENAI_API_BASE', 'GEMINI_API_KEY'],
    // Aider asks nobody when it runs by itself.
    autonomy: 'full',
    mcpServers: [],
    workerType: DEFAULT_WORKER_TYPE,
    network: ['openrouter.ai', 'api.anthropic.com', 'api.openai.com', 'generativelanguage.googleapis.com'],
    limits: DEFAULT_LIMITS,
  },
]

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
  driver: z.enum(['acp', 'cli', 'aider', 'scripted']),
  command: z.array(z.string()).default([]),
  title: z.string().min(1).optional(),
  env: z.array(variable).default([]),
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
  profileSchema.refine(({ driver, command }) => driver === 'scripted' || command.length > 0, {
    path: ['command'],
    message: 'must name the program to start, then its arguments',
  }),
)

/**
 * The built-in profiles and those of a parsed agents.json, which come first and may replace a built-in one.
 * Throws `UserError('agents-file')` that names every mistake in it.
 */
export function readProfiles(json: unknown): AgentProfile[] {
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
  return [...own, ...BUILT_IN_PROFILES.filter(({ name }) => !Object.hasOwn(parsed.data, name))]
}

function namesIn(json: unknown): string[] {
  return typeof json === 'object' && json !== null ? Object.keys(json) : []
}

function profileFrom(name: string, profile: z.output<typeof profileSchema>): AgentProfile {
  const { title, model, instructions, maxRunning, limits, gateway, ...given } = profile
  return {
    ...given,
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
