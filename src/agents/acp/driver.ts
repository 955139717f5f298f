import { keyNames, type AgentProfile, type Driver, type Probe } from '../driver.ts'
import { locateProgram, programFolders } from '../../lib/program-folders.ts'
import type { AcpFlavour } from './flavour.ts'

/** Any program that speaks the Agent Client Protocol, version 1, over its stdin and stdout. */
export function createAcpDriver(flavour: AcpFlavour = {}): Driver {
  const commandOf = ({ command }: AgentProfile) => (command.length > 0 ? command : (flavour.command ?? []))
  const bundledFor = ({ command }: AgentProfile) => (command.length === 0 ? flavour.bundled : undefined)
  return {
    capabilities: {
      resume: true,
      permissions: true,
      questions: true,
      spend: true,
      plan: true,
      pieces: true,
      mcp: true,
      images: true,
      ...flavour.capabilities,
    },
    // What else an agent does not do is known once it has said so (begin-session.ts).
    shortcomings: (profile) => [...(flavour.shortcomings?.(profile) ?? []), ...shortcomingsOf(profile)],
    async probe(profile, env) {
      const bundled = bundledFor(profile)
      if (bundled) return { installed: true, version: bundled.version, auth: 'not_needed' }
      return probeCommand(commandOf(profile), profile, env, flavour.install)
    },
    async tools(profile, env) {
      const bundled = bundledFor(profile)
      return bundled ? [...bundled.folders] : programFolders(commandOf(profile), env)
    },
    async open(spec, host) {
      // With the first session, not before: the schemas of the SDK take 26 MB.
      const { openAcpSession } = await import('./session.ts')
      return openAcpSession(spec, host, { ...flavour, command: commandOf(spec.profile) })
    },
  }
}

const shortcomingsOf = ({ title, limits }: AgentProfile) => [
  ...(limits.turns === undefined ? [] : [`A limit of turns cannot be held with ${title}.`]),
  ...(limits.usd === undefined
    ? []
    : [`A limit in USD cannot be held with ${title}; a budget is, where its calls go through Drover.`]),
]

/** Looks, starts nothing: an unknown command might do anything with `--version`. */
async function probeCommand(
  [program = '']: readonly string[],
  profile: AgentProfile,
  env: NodeJS.ProcessEnv,
  install: string | undefined,
): Promise<Probe> {
  const path = await locateProgram(program, env.PATH)
  if (path === undefined) {
    const hint = install
      ? `Install it: \`${install}\`.`
      : `Install \`${program}\`, or correct the command of “${profile.name}” in agents.json.`
    return { installed: false, auth: 'unknown', hint }
  }
  const names = keyNames(profile)
  if (names.length === 0) return { installed: true, path, auth: 'unknown' }
  if (names.some((name) => env[name])) return { installed: true, path, auth: 'ok' }
  const hint = `Set ${profile.gateway?.key ?? names.join(' or ')} and start Drover again.`
  return { installed: true, path, auth: 'missing', hint }
}
