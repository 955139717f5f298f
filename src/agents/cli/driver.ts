import { locateProgram, programFolders } from '../../lib/program-folders.ts'
import type { Driver } from '../driver.ts'
import type { Dialect } from './dialect.ts'
import { openCliSession } from './session.ts'

/** A command that takes one prompt, works, and ends. */
export function createCliDriver(dialect: Dialect): Driver {
  return {
    capabilities: {
      resume: false,
      permissions: false,
      questions: false,
      spend: dialect.spend,
      plan: false,
      pieces: true,
      mcp: false,
      images: false,
    },
    shortcomings: ({ title, autonomy, mcpServers, limits }) => [
      ...(autonomy === 'full' ? [] : [`${title} asks nobody while it works: whatever the fence allows, it may do.`]),
      ...(mcpServers.length === 0 ? [] : [`MCP servers are not for ${title}: it takes none.`]),
      ...(limits.turns === undefined ? [] : [`A limit of turns cannot be held with ${title}.`]),
      ...(limits.usd === undefined
        ? []
        : [`A limit in USD cannot be held with ${title}; a budget is, where its calls go through Drover.`]),
    ],
    async probe(profile, env) {
      const [program = ''] = profile.command
      const path = await locateProgram(program, env.PATH)
      if (path !== undefined) return { installed: true, path, ...dialect.readAuth(profile, env) }
      return { installed: false, auth: 'unknown', hint: dialect.installHint(profile) }
    },
    tools: (profile, env) => programFolders(profile.command, env),
    open: async (spec, host) => openCliSession(spec, host, dialect),
  }
}
