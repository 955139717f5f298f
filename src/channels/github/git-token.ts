import type { Channel } from '../channel.ts'
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
    return url?.host === host && repository !== undefined ? api.tokenIn(repository, signal) : undefined
  }
}
