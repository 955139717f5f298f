/** Those of one connection (RFC 9110, 7.6.1), and what is not for the one who reads the post. */
const LEFT_OUT = new Set([
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The headers of a post that go on with it, by their names in small letters. Signatures are among them. */
export function headersToKeep(headers: Headers): Record<string, string> {
  const named = (headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase())
  return Object.fromEntries([...headers].filter(([name]) => !LEFT_OUT.has(name) && !named.includes(name)))
}
