import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from './call.ts'
import type { Workspaces } from './workspaces.ts'

export interface People {
  /** What people read beside somebody's messages, or the id where Slack does not tell it at once. */
  nameOf(team: string, user: string): Promise<string>
}

const KEPT_MS = 60 * 60_000
const FAILURE_KEPT_MS = 60_000
const MOST = 1000
/** What was said must be stored and acknowledged within 3 seconds: a name is not worth more of them. */
const PATIENCE_MS = 700

/** Events carry ids only. Each name is asked for once an hour. */
export function createPeople(workspaces: Workspaces, call: Call): People {
  const known = new Map<string, { name: Promise<string>; until: number }>()

  function entryOf(team: string, user: string) {
    const key = `${team}:${user}`
    const kept = known.get(key)
    if (kept && kept.until > Date.now()) return kept
    if (known.size >= MOST) known.clear()
    const entry = { name: Promise.resolve(user), until: Date.now() + KEPT_MS }
    // Without users:read, say: a message is worth more than the name of its author.
    entry.name = ask(team, user).catch(() => {
      entry.until = Date.now() + FAILURE_KEPT_MS
      return user
    })
    known.set(key, entry)
    return entry
  }

  async function ask(team: string, user: string): Promise<string> {
    const { token } = await workspaces.of(team)
    const { user: found } = await call(token, (web) => web.users.info({ user }))
    return found?.profile?.display_name || found?.profile?.real_name || found?.name || user
  }

  return {
    nameOf: (team, user) => Promise.race([entryOf(team, user).name, sleep(PATIENCE_MS, user, { ref: false })]),
  }
}
