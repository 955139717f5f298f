import { UserError } from '../lib/errors.ts'
import type { AgentProfile, Probe } from './driver.ts'
import { ownLoginHint } from './own-login.ts'
import { BUILT_IN_PROFILES } from './profiles.ts'
import { driverFor } from './registry.ts'

export interface DetectedAgent {
  name: string
  title: string
  source: 'agents.json' | 'built-in'
  probe: Probe
}

/**
 * What is known of each agent on this machine. Calls no model and opens no credential file; takes a second or two at most.
 * `env` is Drover's own environment.
 */
export function detectAgents(profiles: readonly AgentProfile[], env: NodeJS.ProcessEnv): Promise<DetectedAgent[]> {
  return Promise.all(
    profiles.map(async (profile): Promise<DetectedAgent> => {
      const { name, title } = profile
      const isOwn = !BUILT_IN_PROFILES.some((known) => known.name === name && known.title === title)
      const probe = await driverFor(profile).probe(profile, env)
      const mayHaveOwn = probe.installed && probe.auth === 'missing'
      const hint = mayHaveOwn ? await ownLoginHint(profile.driver, env) : undefined
      return { name, title, source: isOwn ? 'agents.json' : 'built-in', probe: hint ? { ...probe, hint } : probe }
    }),
  )
}

export interface PickedAgent {
  name: string
  /** One sentence, for people. */
  reason: string
}

/** Best first. What is not among them works only where it is named. */
const PREFERRED = ['claude', 'codex', 'gemini', 'opencode', 'aider']

/** The agent for whoever names none. `UserError('agent-unknown')` where the configured one has no profile. */
export function pickAgent(detected: readonly DetectedAgent[], configured?: string): PickedAgent {
  if (configured !== undefined) return pickConfigured(detected, configured)
  const own = detected.find(({ source, probe }) => source === 'agents.json' && isReady(probe))
  if (own) return { name: own.name, reason: `${own.title} is in agents.json and can be used.` }
  const known = PREFERRED.flatMap((name) => detected.find((agent) => agent.name === name) ?? [])
  const ready = known.find(({ probe }) => probe.installed && probe.auth === 'ok')
  if (ready) return { name: ready.name, reason: `${ready.title} is installed and has a key.` }
  const almost = known.find(({ probe }) => probe.path !== undefined && probe.hint !== undefined)
  const next = almost
    ? `${almost.title} is almost there. ${almost.probe.hint}`
    : 'Ask it anything to see how to get one.'
  return {
    name: 'scripted',
    reason: `No agent with a model can be used yet: the scripted agent runs the steps you write. ${next}`,
  }
}

function pickConfigured(detected: readonly DetectedAgent[], name: string): PickedAgent {
  const agent = detected.find((each) => each.name === name)
  if (agent) {
    const trouble = isReady(agent.probe) ? '' : ` It cannot be used yet: ${agent.probe.hint ?? 'it is not installed.'}`
    return { name, reason: `${agent.title} is the configured agent.${trouble}` }
  }
  const names = detected.map((each) => each.name).join(', ')
  throw new UserError('agent-unknown', `There is no agent “${name}”. There are: ${names}.`)
}

/** Whoever wrote a profile that needs no variable knows best whether it is logged in. */
function isReady({ installed, auth }: Probe): boolean {
  return installed && auth !== 'missing'
}
