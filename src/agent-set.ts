/** The agents of this process, as the worker and the API see them. */
import { detectAgents, type PickedAgent } from './agents/detect.ts'
import type { AgentProfile, ModelVendor } from './agents/driver.ts'
import { driverFor } from './agents/registry.ts'
import type { AgentDirectory } from './http/parts.ts'
import { cleanEnvironment } from './lib/clean-environment.ts'
import type { Agents } from './worker/kinds/agent.ts'

/**
 * For the worker stage. `env` is Drover's own environment; an agent sees what its profile names of it, but never, under whatever
 * name, the key that Drover keeps for it.
 */
export function agentSet(
  profiles: readonly AgentProfile[],
  env: NodeJS.ProcessEnv,
  upstreams: Partial<Record<ModelVendor, { key: string }>>,
): Agents {
  return {
    find(name) {
      const profile = profiles.find((profile) => profile.name === name)
      return profile && { profile, driver: driverFor(profile) }
    },
    names: () => profiles.map((profile) => profile.name),
    tools: (profile) => driverFor(profile).tools(profile, env),
    environment: (profile, task) => ({
      ...without(cleanEnvironment(env, profile.env), profile.gateway && upstreams[profile.gateway.vendor]?.key),
      DROVER_ORG_ID: task.orgId,
      DROVER_TASK_ID: task.id,
      ...(task.conversationId !== null && { DROVER_CONVERSATION_ID: task.conversationId }),
      ...(task.correlationId !== null && { DROVER_CORRELATION_ID: task.correlationId }),
    }),
  }
}

function without(env: Record<string, string>, value: string | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([, each]) => each !== value))
}

/** For the API: what can be named, and what is here. */
export function agentDirectory(
  profiles: readonly AgentProfile[],
  picked: PickedAgent,
  env: NodeJS.ProcessEnv,
): AgentDirectory {
  const shortcomingsOf = (name: string) => {
    const profile = profiles.find((profile) => profile.name === name)
    return profile ? driverFor(profile).shortcomings(profile) : []
  }
  return {
    defaultName: picked.name,
    names: profiles.map((profile) => profile.name),
    async list() {
      return (await detectAgents(profiles, env)).map(({ name, title, probe }) => ({
        name,
        title,
        driver: profiles.find((profile) => profile.name === name)?.driver ?? '',
        ...probe,
        shortcomings: shortcomingsOf(name),
        selected: name === picked.name,
      }))
    },
  }
}
