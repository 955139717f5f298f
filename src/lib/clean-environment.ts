/** What a foreign program may know of ours: where programs lie, how to speak, how to get out. */
const HARMLESS =
  /^(PATH|LANG|LC_[A-Z]+|TZ|TERM|(https?|all|no)_proxy|(HTTPS?|ALL|NO)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$/

/**
 * The environment for a program that must not see our secrets: an allow-list, and the variables that are named.
 * Never a deny-list: that forgets the next secret.
 */
export function cleanEnvironment(ours: NodeJS.ProcessEnv, names: readonly string[] = []): Record<string, string> {
  const clean: Record<string, string> = {}
  for (const [name, value] of Object.entries(ours)) {
    if (value !== undefined && (HARMLESS.test(name) || names.includes(name))) clean[name] = value
  }
  return clean
}
