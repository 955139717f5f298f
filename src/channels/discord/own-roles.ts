import type { Call } from './call.ts'
import { patiently } from './call.ts'

/** Id of the role that Discord made for the bot in a server, '' where it has none. It is named like the bot, so people mention it. */
export type OwnRoles = (guild: string, me: string, signal: AbortSignal) => Promise<string>

/** Asked once a server, and only where somebody mentions a role. Throws ChannelError. */
export function createOwnRoles(call: Call): OwnRoles {
  const known = new Map<string, string>()
  return async (guild, me, signal) => {
    const role = known.get(guild)
    if (role !== undefined) return role
    const roles = await patiently(signal, () =>
      call((api, signal) => api.guilds.getRoles(guild, { signal }), { signal }),
    )
    const own = roles.find(({ tags }) => tags?.bot_id === me)?.id ?? ''
    known.set(guild, own)
    return own
  }
}
