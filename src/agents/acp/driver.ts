import type { AgentProfile, Driver, Probe } from '../driver.ts'
import { locateProgram, programFolders } from '../../lib/program-folders.ts'

/** An agent that comes with Drover: it is always there, and used where a profile names no command. */
export interface BundledAgent {
  command: readonly string[]
  version: string
  /** What it must see inside the fence. */
  folders: readonly string[]
  spend: boolean
}

/** Any program that speaks the Agent Client Protocol, version 1, over its stdin and stdout. */
export function createAcpDriver(bundled?: BundledAgent): Driver {
  const commandOf = (profile: AgentProfile) => (profile.command.length > 0 ? profile.command : (bundled?.command ?? []))
  const isBundled = (profile: AgentProfile) => bundled !== undefined && profile.command.length === 0
  return {
    capabilities: {
      resume: true,
      permissions: true,
      questions: true,
      spend: bundled?.spend ?? true,
      plan: true,
      pieces: true,
      mcp: true,
    },
    // Agents differ: what each does not do is known once it has said so (begin-session.ts).
    shortcomings: () => [],
    probe: async (profile, env) =>
      bundled && isBundled(profile)
        ? { installed: true, version: bundled.version, auth: 'not_needed' }
        : probeCommand(profile, env),
    tools: async (profile, env) =>
      bundled && isBundled(profile) ? [...bundled.folders] : programFolders(profile.command, env),
    async open(spec, host) {
      // With the first session, not before: the schemas of the SDK take 26 MB.
      const { openAcpSession } = await import('./session.ts')
      return openAcpSession(spec, host, commandOf(spec.profile))
    },
  }
}

/** Looks, starts nothing: an unknown command might do anything with `--version`. */
async function probeCommand(profile: AgentProfile, env: NodeJS.ProcessEnv): Promise<Probe> {
  const [program = ''] = profile.command
  const path = await locateProgram(program, env.PATH)
  if (path === undefined) {
    return {
      installed: false,
      auth: 'unknown',
      hint: `Install \`${program}\`, or correct the command of “${profile.name}” in agents.json.`,
    }
  }
  if (profile.env.length === 0) return { installed: true, path, auth: 'unknown' }
  if (profile.env.some((name) => env[name])) return { installed: true, path, auth: 'ok' }
  return { installed: true, path, auth: 'missing', hint: `Set ${profile.env.join(' or ')} and start Drover again.` }
}
