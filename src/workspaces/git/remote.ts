import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../lib/errors.ts'

/** Where a repository lies, as git is told it. */
export type Address =
  | { kind: 'path'; url: string }
  /** `origin` is what a token is scoped to. */
  | { kind: 'http'; url: string; origin: string }
  | { kind: 'ssh'; url: string; host: string }

const EXPECTED = 'Give an absolute path, https://host/path, ssh://user@host/path or user@host:path.'
const SCP_LIKE = /^(?:[\w.][\w.-]*@)?(?<host>[\w.][\w.-]*|\[[\da-f:]+\]):(?!-)(?<path>[^:].*)$/i

/**
 * Pure: what a person typed, as an address that git cannot take for an option or for a program to run (`ext::…`).
 * A `UserError` never repeats a password that stood in it.
 */
export function parseRemote(text: string): Address {
  // eslint-disable-next-line no-control-regex
  if (text === '' || text.startsWith('-') || /[\s\u0000-\u001f\u007f]/.test(text))
    throw refuse('This is not the address of a repository.')
  if (/^[a-z][a-z\d+.-]*::/i.test(text)) throw refuse('Git remote helpers (name::address) are not allowed.')
  if (isAbsolute(text)) return { kind: 'path', url: text }
  if (text.includes('://')) return parseUrl(text)
  const host = SCP_LIKE.exec(text)?.groups?.['host']
  if (host !== undefined) return { kind: 'ssh', url: text, host }
  throw refuse('A relative path or a bare name says nothing to a service.')
}

function parseUrl(text: string): Address {
  if (!URL.canParse(text)) throw refuse('This is not a valid URL.')
  const url = new URL(text)
  if (url.hash !== '' || url.search !== '') throw refuse('A repository has no "?" or "#" in its URL.')
  switch (url.protocol) {
    case 'https:':
    case 'http:':
      if (url.username !== '' || url.password !== '') throw withCredentials()
      if (url.protocol === 'http:' && !isLoopback(url.hostname))
        throw refuse('Plain http would show the token to the network; it is allowed to this machine only.')
      return { kind: 'http', url: url.href, origin: url.origin }
    case 'ssh:':
      if (url.password !== '') throw withCredentials()
      if (!/^[\w.[][\w.:\]-]*$/.test(url.hostname) || /^-|^%2d/i.test(url.username))
        throw refuse('This host or user name is not valid.')
      return { kind: 'ssh', url: url.href, host: url.hostname }
    case 'file:':
      if (url.hostname !== '') throw refuse('A file:// URL names a path of this machine: file:///path.')
      return { kind: 'path', url: fileURLToPath(url) }
    default:
      throw refuse(`${url.protocol}// is not supported.`)
  }
}

const isLoopback = (host: string) => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)

const refuse = (why: string) => new UserError('repository-address', `${why} ${EXPECTED}`)

const withCredentials = () =>
  new UserError(
    'repository-credentials',
    'Leave the user name and token out of the URL, and give the token separately (GITHUB_TOKEN, or with the codebase).',
  )
