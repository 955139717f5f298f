import { UserError } from '../lib/errors.ts'
import type { AgentProfile, Probe } from './driver.ts'
import { BUILT_IN_PROFILES } from './profiles.ts'
import { driverFor } from './registry.ts'
import { REAL_AGENTS } from './scripted/real-agents.ts'
import { probeVendor } from './vendors.ts'

export interface DetectedAgent {
  name: string
  title: string
  /** Where it is known from. What is only `found` on the machine cannot be chosen until a profile names it. */
  source: 'agents.json' | 'built-in' | 'found'
  probe: Probe
}

/**
 * All profiles, and the agents that were found on this machine without one. Calls no model and opens no credential
 * file; takes a second or two at most. `env` is Drover's own environment.
 */
export async function detectAgents(
  profiles: readonly AgentProfile[],
  env: NodeJS.ProcessEnv,
): Promise<DetectedAgent[]> {
  const known = profiles.map(async (profile): Promise<DetectedAgent> => {
    const source = BUILT_IN_PROFILES.includes(profile) ? 'built-in' : 'agents.json'
    return { name: profile.name, title: profile.title, source, probe: await driverFor(profile).probe(profile, env) }
  })
  const others = REAL_AGENTS.map(async ({ name, title }): Promise<DetectedAgent[]> => {
    if (name === 'aider' || profiles.some((profile) => profile.name === name)) return []
    const probe = await probeVendor(name, env)
    return probe.installed ? [{ name, title, source: 'found', probe }] : []
  })
  return [...(await Promise.all(known)), ...(await Promise.all(others)).flat()]
}

export interface PickedAgent {
  name: string
  /** One sentence, for people. */
  reason: string
}

/** The agent for whoever names none. `UserError('agent-unknown')` where the configured one has no profile. */
export function pickAgent(detected: readonly DetectedAgent[], configured?: string): PickedAgent {
  const usable = detected.filter(({ source }) => source !== 'found')
  if (configured !== undefined) return pickConfigured(usable, detected, configured)
  const own = usable.find(({ source, probe }) => source === 'agents.json' && isReady(probe))
  if (own) return { name: own.name, reason: `${own.title} is in agents.json and can be used.` }
  const aider = usable.find(({ name, probe }) => name === 'aider' && probe.installed && probe.auth === 'ok')
  if (aider) return { name: aider.name, reason: 'Aider is installed and has a key.' }
  const found = detected.find(({ source }) => source === 'found')
  const next = found
    ? `${found.title} is installed, but has no profile. ${found.probe.hint ?? ''}`
    : 'Ask it anything to see how to get one.'
  return {
    name: 'scripted',
    reason: `No agent with a model can be used yet: the scripted agent runs the steps you write. ${next}`,
  }
}

function pickConfigured(usable: readonly DetectedAgent[], all: readonly DetectedAgent[], name: string): PickedAgent {
  const agent = usable.find((each) => each.name === name)
  if (agent) {
    const trouble = isReady(agent.probe) ? '' : ` It cannot be used yet: ${agent.probe.hint ?? 'it is not installed.'}`
    return { name, reason: `${agent.title} is the configured agent.${trouble}` }
  }
  const names = usable.map((each) => each.name).join(', ')
  const hint = all.find((each) => each.name === name)?.probe.hint
  throw new UserError('agent-unknown', `There is no agent “${name}”. ${hint ?? `There are: ${names}.`}`)
}

/** Whoever wrote a profile that needs no variable knows best whether it is logged in. */
function isReady({ installed, auth }: Probe): boolean {
  return installed && auth !== 'missing'
}
