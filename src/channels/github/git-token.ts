import { ChannelError, type Channel } from '../channel.ts'
import type { Api } from './api.ts'

/** A repository on the GitHub that this channel speaks to is reached with its own credentials, an App's among them. */
export function createGitToken(
  api: Pick<Api, 'tokenIn'>,
  apiUrl: string | undefined,
): NonNullable<Channel['gitToken']> {
  const host = apiUrl === undefined ? 'github.com' : new URL(apiUrl).host.replace(/^api\.github\.com$/, 'github.com')
  return async (repositoryUrl, signal) => {
    const url = URL.parse(repositoryUrl)
    const [, repository] = /^\/([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(url?.pathname ?? '') ?? []
    if (url?.host !== host || repository === undefined) return undefined
    try {
      return await api.tokenIn(repository, signal)
    } catch (error) {
      // An App that is not installed there: what is public needs no token.
      if (error instanceof ChannelError && error.kind === 'gone') return undefined
      throw error
    }
  }
}
