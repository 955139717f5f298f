import { ChannelError } from '../channel.ts'
import type { Api } from './api.ts'

/** `push` is the word of older servers. */
const MAY_WRITE = new Set(['admin', 'maintain', 'write', 'push'])
const KEPT_MS = 5 * 60_000
const MOST_KEPT = 2000

interface Parts {
  api: Api
  log(message: string): void
}

/** Whether somebody may change a repository, asked at most every five minutes. A check that fails throws: nobody is vouched for by it. */
export function createPermissions({ api, log }: Parts) {
  const kept = new Map<string, { mayWrite: boolean; until: number }>()

  async function ask(repository: string, username: string, signal: AbortSignal): Promise<boolean> {
    const [owner = '', repo = ''] = repository.split('/')
    const { data } = await api.inRepository(
      repository,
      (octokit, request) => octokit.rest.repos.getCollaboratorPermissionLevel({ owner, repo, username, request }),
      signal,
    )
    return MAY_WRITE.has(data.role_name ?? '') || MAY_WRITE.has(data.permission)
  }

  return async (repository: string, username: string, signal: AbortSignal): Promise<boolean> => {
    const key = `${repository} ${username}`.toLowerCase()
    const known = kept.get(key)
    if (known && known.until > Date.now()) return known.mayWrite
    const mayWrite = await ask(repository, username, signal).catch((error: unknown) => {
      // No such member; or our account may not ask, which no waiting mends.
      if (!(error instanceof ChannelError && error.kind === 'gone')) throw error
      log(`GitHub does not say what ${username} may do in ${repository}: ${error.message}`)
      return false
    })
    if (kept.size >= MOST_KEPT) kept.clear()
    kept.set(key, { mayWrite, until: Date.now() + KEPT_MS })
    return mayWrite
  }
}
