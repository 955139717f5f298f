import { RetryLater, UserError } from '../../lib/errors.ts'
import type { Address } from './remote.ts'
import { GitFailed } from './run-git.ts'

interface Case {
  says: RegExp
  explain(address: Address, hasToken: boolean): [code: string, message: string] | 'later'
}

/** First match wins. The texts are git's, OpenSSH's and the hosts' own (LC_ALL=C). */
const CASES: readonly Case[] = [
  {
    says: /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    explain: (address) => [
      'ssh-host-unknown',
      `ssh does not know the host key of ${hostOf(address)}, or it has changed. Compare it with what its owner publishes, then add it: ssh-keyscan ${hostOf(address)} >> ~/.ssh/known_hosts`,
    ],
  },
  {
    says: /Permission denied|Authentication failed|could not read (Username|Password)|returned error: 40[13]|Invalid username or/i,
    explain: whoMayEnter,
  },
  {
    says: /certificate|SSL_ERROR|SSL routines/i,
    explain: (address) => [
      'git-certificate',
      `The certificate of ${hostOf(address)} is not trusted here. If it comes from a CA of your own, put that into GIT_SSL_CAINFO.`,
    ],
  },
  {
    says: /returned error: 30\d|unable to update url base from redirection/,
    explain: ({ url }) => [
      'repository-moved',
      `${url} answers with a redirect, and a token is not carried along. Give the address that it leads to.`,
    ],
  },
  {
    says: /not found|does not exist|does not appear to be a git repository|No such file or directory|returned error: 404|not a git repository/i,
    explain: ({ url, kind }, hasToken) => [
      'repository-unknown',
      kind === 'http' && !hasToken
        ? `${url} was not found. Check the address; if the repository is private, set a token that may read it.`
        : `${url} was not found, or this ${kind === 'path' ? 'user' : 'login'} may not see it. Check the address.`,
    ],
  },
  {
    says: /Could not resolve|Name or service not known|name resolution|Connection (refused|reset|timed out|closed)|timed out|early EOF|Failed to connect|Couldn't connect|unreachable|No route to host|RPC failed|unexpected disconnect|returned error: (429|5\d\d)|took longer|cannot lock ref|Unable to create .*\.lock/i,
    explain: () => 'later',
  },
]

/** What git said, as something a person can act on, or that can be tried again; anything else stays the bug that it is. */
export function explainGitFailure(error: unknown, address: Address, hasToken: boolean): unknown {
  if (!(error instanceof GitFailed)) return error
  const said = `${error.stderr}\n${error.message}`
  const explained = CASES.find(({ says }) => says.test(said))?.explain(address, hasToken)
  if (explained === undefined) return error
  if (explained === 'later') {
    const line = error.stderr.trim().split('\n').at(-1) ?? ''
    return new RetryLater(`${hostOf(address)} does not answer (${line}).`, 30_000, { cause: error })
  }
  return new UserError(...explained, { cause: error })
}

function whoMayEnter({ kind, url }: Address, hasToken: boolean): [string, string] {
  if (kind === 'path') return ['git-auth', `The user that runs Drover may not read or write ${url}.`]
  if (kind === 'ssh')
    return ['git-auth', `${url} refuses the ssh key. Add Drover's public key there, with write access.`]
  return hasToken
    ? [
        'git-auth',
        `${url} refuses the token. Set one that is valid and may read and write this repository (GITHUB_TOKEN, or with the codebase).`,
      ]
    : ['git-auth', `${url} wants a login. Set a token that may read and write it (GITHUB_TOKEN, or with the codebase).`]
}

const hostOf = (address: Address) =>
  address.kind === 'ssh' ? address.host : address.kind === 'http' ? new URL(address.url).host : address.url
