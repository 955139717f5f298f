import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../lib/errors.ts'
import type { Remote } from '../workspace.ts'
import { explainGitFailure } from './explain-git-failure.ts'
import { parseRemote, type Address } from './remote.ts'
import type { Git, GitCall } from './run-git.ts'

export interface SshSettings {
  /** Private key; without it ssh finds its own, by ~/.ssh/config or the agent. */
  key?: string
  knownHosts?: string
}

/** How to reach one remote: git commands through it carry its token, and fail with words for people. */
export interface Connection {
  address: Address
  git: Git
  /** Default branch and all branches; `UserError` when the remote is unknown, closed or empty. */
  listBranches(signal: AbortSignal): Promise<Branches>
}

interface Branches {
  defaultBranch: string
  heads: ReadonlyMap<string, string>
}

/** Far away and dead must not look alike for ever. */
const PATIENCE = { 'http.lowSpeedLimit': '1000', 'http.lowSpeedTime': '60' }

export async function connect(
  { git, configDir, ssh }: { git: Git; configDir: string; ssh: SshSettings },
  remote: Remote,
): Promise<Connection> {
  const address = parseRemote(remote.url)
  const env = address.kind === 'path' ? await trustPath(address.url, configDir, remote.codebaseId) : sshEnv(ssh)
  const through: Git = async (args, call: GitCall = {}) => {
    const token = address.kind === 'http' ? await remote.token?.(call.signal) : undefined
    const config = { ...PATIENCE, ...tokenConfig(address, token), ...call.config }
    try {
      return await git(args, { ...call, config, env: { ...env, ...call.env } })
    } catch (error) {
      throw explainGitFailure(error, address, token !== undefined)
    }
  }
  return { address, git: through, listBranches: (signal) => listBranches(through, address, signal) }
}

/**
 * Basic, with the user name that GitHub, GitLab and Bitbucket all take. Scoped to the origin, and no redirect is
 * followed: the token goes where it was meant for and nowhere else.
 */
function tokenConfig(address: Address, token: string | undefined): Record<string, string> {
  if (address.kind !== 'http' || token === undefined) return {}
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64')
  return { [`http.${address.origin}/.extraHeader`]: `Authorization: Basic ${basic}`, 'http.followRedirects': 'false' }
}

/**
 * Git refuses a repository of another user, and rightly so; but this path was named by a person. The exception must stand
 * in a file: git clears its environment before it starts upload-pack in the other repository.
 */
async function trustPath(path: string, configDir: string, codebaseId: string): Promise<Record<string, string>> {
  await mkdir(configDir, { recursive: true })
  const file = join(configDir, `${codebaseId}.gitconfig`)
  const lines = [path, join(path, '.git')].map((folder) => `\tdirectory = ${JSON.stringify(folder)}\n`)
  await writeFile(file, `[safe]\n${lines.join('')}`)
  return { GIT_CONFIG_GLOBAL: file }
}

/** Unknown host keys are refused: whoever answers first is not therefore the right one. The error says how to add a key. */
function sshEnv({ key, knownHosts }: SshSettings): Record<string, string> {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', 'ConnectTimeout=20', 'ServerAliveInterval=20']
  if (knownHosts !== undefined) options.push(`UserKnownHostsFile=${knownHosts}`)
  if (key !== undefined) options.push('IdentitiesOnly=yes', 'IdentityAgent=none')
  const words = [
    'ssh',
    ...(key === undefined ? [] : ['-F', '/dev/null', '-i', key]),
    ...options.flatMap((o) => ['-o', o]),
  ]
  return { GIT_SSH_COMMAND: words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ') }
}

async function listBranches(git: Git, address: Address, signal: AbortSignal): Promise<Branches> {
  const text = await git(['ls-remote', '--symref', '--', address.url, 'HEAD', 'refs/heads/*'], { signal })
  const heads = new Map<string, string>()
  let defaultBranch: string | undefined
  for (const line of text.split('\n')) {
    const [what = '', ref = ''] = line.split('\t')
    if (ref === 'HEAD' && what.startsWith('ref: refs/heads/')) defaultBranch = what.slice('ref: refs/heads/'.length)
    if (ref.startsWith('refs/heads/')) heads.set(ref.slice('refs/heads/'.length), what)
  }
  // HEAD is detached in a checkout, or names a branch that nobody has pushed.
  if (defaultBranch === undefined || !heads.has(defaultBranch))
    defaultBranch = ['main', 'master'].find((name) => heads.has(name)) ?? heads.keys().next().value
  if (defaultBranch === undefined)
    throw new UserError(
      'repository-empty',
      `${address.url} has no commits yet. Commit something, push it, and try again.`,
    )
  return { defaultBranch, heads }
}
