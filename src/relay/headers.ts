import { HOP_BY_HOP } from '../lib/hop-by-hop.ts'

/** Those of one connection, and what is not for the one who reads the post. */
const LEFT_OUT: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'content-length', 'cookie', 'expect', 'host'])

/** The headers of a post that go on with it, by their names in small letters. Signatures are among them. */
export function headersToKeep(headers: Headers): Record<string, string> {
  const named = (headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase())
  return Object.fromEntries([...headers].filter(([name]) => !LEFT_OUT.has(name) && !named.includes(name)))
}
