/** The agents of the suite: each with the driver that Drover has for it, its own program, and the fake model by environment. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClaudeDriver } from '../../src/agents/claude/driver.ts'
import type { ClaudeSdk } from '../../src/agents/claude/sdk.ts'
import type { AgentProfile } from '../../src/agents/driver.ts'
import { BUILT_IN_PROFILES } from '../../src/agents/profiles.ts'
import { DRIVERS } from '../../src/agents/registry.ts'
import type { Prompts, Subject } from '../driver-conformance.ts'
import { SUBJECTS as FAKES } from '../fakes/agents.ts'
import { cue } from './model/plays.ts'
import { LIMIT_LIFTED_AT } from './model/refusals.ts'

const MODULES = join(dirname(fileURLToPath(import.meta.url)), 'node_modules')
const PLATFORM = `${process.platform}-${process.arch}`
const CLAUDE = join(MODULES, `@anthropic-ai/claude-agent-sdk-${PLATFORM}`, 'claude')
const OPENCODE = join(MODULES, `opencode-${PLATFORM}`, 'bin/opencode')
const program = (name: string) => join(MODULES, '.bin', name)

const KEY = 'sk-conformance'
/** These programs want a second or more to start, and longer on a busy machine. */
const START_MS = 10_000

/** What every model can be told to play. */
const PROMPTS: Prompts = {
  hello: cue('hello'),
  edit: cue('write'),
  // Claude refuses to begin a command with sleep.
  sleep: (seconds) => cue('shell', `env sleep ${seconds}`),
  refused: cue('refused'),
  flood: cue('shell', 'yes flood | head -c 20000000'),
  environment: cue('shell', 'env'),
  shell: (line) => cue('shell', line),
  plan: cue('plan'),
  ask: cue('ask'),
  recall: cue('recall'),
  look: cue('look'),
  repeat: (word) => cue('mcp', word),
  limited: cue('limited'),
  overloaded: cue('overloaded'),
  usedUp: { prompt: cue('used-up') },
  silence: cue('silence'),
}
/** With vendors whose agents are told when the limit is lifted. */
const TOLD_UNTIL: Prompts = { ...PROMPTS, usedUp: { prompt: cue('used-up'), until: LIMIT_LIFTED_AT.toISOString() } }

/** As Drover has it built in, but for where its program lies. */
function profileOf(name: string, command: string[], model: string | undefined): AgentProfile {
  const builtIn = BUILT_IN_PROFILES.find((profile) => profile.name === name)
  if (!builtIn) throw new Error(`There is no built-in profile “${name}”.`)
  return { ...builtIn, command, ...(model !== undefined && { model }) }
}

function real(
  name: keyof typeof DRIVERS,
  command: string[],
  { model, ...more }: Partial<Subject> & { model?: string } = {},
): Subject {
  const profile = profileOf(name, command, model)
  return {
    name,
    driver: DRIVERS[name],
    profile,
    prompts: PROMPTS,
    startMs: START_MS,
    // As the gateway does it.
    env(url) {
      const { gateway } = profile
      if (!gateway) return {}
      return { [gateway.url]: gateway.vendor === 'openai' ? `${url}/v1` : url, [gateway.key]: KEY }
    },
    ...more,
  }
}

const claude = createClaudeDriver({
  loadSdk: async () => (await import(join(MODULES, '@anthropic-ai/claude-agent-sdk/sdk.mjs'))) as ClaudeSdk,
  hasSdk: () => true,
})
const scripted = FAKES.find(({ profile }) => profile.name === 'scripted')

/** The slow ones first: two run at once, and none of these should be left over at the end. */
export const SUBJECTS: Subject[] = [
  ...(PLATFORM === 'linux-x64' ? [real('opencode', [OPENCODE, 'acp'], { model: 'openai/gpt-5' })] : []),
  // By itself it asks a model which model to take, with retries of their own: a refusal is told after minutes.
  real('gemini', [program('gemini'), '--acp'], { model: 'gemini-2.5-pro' }),
  real('claude-acp', [program('claude-agent-acp')], { prompts: TOLD_UNTIL }),
  real('codex-acp', [program('codex-acp')], { prompts: TOLD_UNTIL }),
  real('claude', [CLAUDE], { driver: claude, prompts: TOLD_UNTIL }),
  real('codex', [program('codex')], { prompts: TOLD_UNTIL }),
  ...(scripted ? [{ ...scripted, name: 'scripted' }] : []),
]
