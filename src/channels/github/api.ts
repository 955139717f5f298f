import { App, Octokit } from 'octokit'
import { ChannelError } from '../channel.ts'
import { toChannelError } from './errors.ts'
import type { Credentials, GitHubSettings } from './settings.ts'

interface Me {
  /** As it stands beside our comments: `drover-bot`, `drover[bot]`. */
  login: string
}

/** GitHub's REST API, as ourselves. All of it throws ChannelError. */
export interface Api {
  /** Who we are, asked once. */
  me(signal?: AbortSignal): Promise<Me>
  /** Forgets who we are, and asks. */
  introduce(signal?: AbortSignal): Promise<Me>
  /** Calls with the rights that we have in a repository, `owner/name`. */
  inRepository<T>(repository: string, work: Work<T>, signal?: AbortSignal): Promise<T>
  /** Calls with our own rights: a person's, or the App's. */
  asSelf<T>(work: Work<T>, signal?: AbortSignal): Promise<T>
  /** Calls about what everybody may see: with our rights where they help, as nobody where an App's are none there. */
  inPublic<T>(work: Work<T>, signal?: AbortSignal): Promise<T>
  readonly isApp: boolean
  /** What git may reach a repository with: `owner/name`. An App's lasts an hour. */
  tokenIn(repository: string, signal: AbortSignal): Promise<string>
}

/** `request` goes with every call: without it the call would have no end. */
type Work<T> = (octokit: Octokit, request: { signal: AbortSignal }) => Promise<T>

/** GitHub's own limit is ten seconds. */
const TIMEOUT_MS = 12_000
const MOST_INSTALLATIONS = 1000

export function createApi({ credentials, apiUrl }: Pick<GitHubSettings, 'credentials' | 'apiUrl'>): Api {
  const client = createClient(credentials, apiUrl)
  let known: Promise<Me> | undefined

  async function call<T>(octokit: () => Promise<Octokit>, work: Work<T>, signal?: AbortSignal): Promise<T> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    try {
      signal?.throwIfAborted()
      return await work(await octokit(), { signal: signal ? AbortSignal.any([signal, timeout]) : timeout })
    } catch (error) {
      throw toChannelError(error)
    }
  }

  function introduce(signal?: AbortSignal) {
    const asked = call(async () => client.self, client.who, signal)
    known = asked
    // Whoever asks next shall not get an old refusal.
    asked.catch(() => (known = undefined))
    return asked
  }

  const api: Api = {
    isApp: credentials.type === 'app',
    me: (signal) => known ?? introduce(signal),
    introduce,
    asSelf: (work, signal) => call(async () => client.self, work, signal),
    inPublic: (work, signal) => call(async () => client.open, work, signal),
    async inRepository(repository, work, signal) {
      try {
        return await call(() => client.forRepository(repository), work, signal)
      } catch (error) {
        // Somebody may have installed the App anew, or moved the repository.
        if (error instanceof ChannelError && error.kind === 'gone') client.forget(repository)
        throw error
      }
    },
    tokenIn: (repository, signal) => api.inRepository(repository, client.tokenOf, signal),
  }
  return api
}

interface Client {
  self: Octokit
  open: Octokit
  who: Work<Me>
  forRepository(repository: string): Promise<Octokit>
  forget(repository: string): void
  tokenOf: Work<string>
}

function createClient(credentials: Credentials, apiUrl: string | undefined): Client {
  // What may be sent again, and when, is decided by src/outbound: the plug-ins that retry and wait would double comments.
  const Quiet = Octokit.defaults({
    ...(apiUrl !== undefined && { baseUrl: apiUrl }),
    userAgent: 'drover',
    retry: { enabled: false },
    throttle: { enabled: false },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  })
  if (credentials.type === 'token') {
    const self = new Quiet({ auth: credentials.token })
    return {
      self,
      open: self,
      who: async (octokit, request) => ({ login: (await octokit.rest.users.getAuthenticated({ request })).data.login }),
      forRepository: async () => self,
      forget: () => undefined,
      tokenOf: async () => credentials.token,
    }
  }
  const app = new App({ appId: credentials.appId, privateKey: credentials.privateKey, Octokit: Quiet })
  /** By repository, as one token is for one installation, and lasts an hour. */
  const installations = new Map<string, Octokit>()
  return {
    self: app.octokit,
    open: new Quiet(),
    who: async (octokit, request) => {
      const { data } = await octokit.rest.apps.getAuthenticated({ request })
      return { login: `${data?.slug ?? ''}[bot]` }
    },
    async forRepository(repository) {
      const known = installations.get(repository)
      if (known) return known
      const [owner = '', repo = ''] = repository.split('/')
      const request = { signal: AbortSignal.timeout(TIMEOUT_MS) }
      const { data } = await app.octokit.rest.apps.getRepoInstallation({ owner, repo, request })
      const octokit = await app.getInstallationOctokit(data.id)
      if (installations.size >= MOST_INSTALLATIONS) installations.clear()
      installations.set(repository, octokit)
      return octokit
    },
    forget: (repository) => void installations.delete(repository),
    async tokenOf(octokit) {
      const { token } = (await octokit.auth({ type: 'installation' })) as { token: string }
      return token
    },
  }
}
