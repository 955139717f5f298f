import { isIP } from 'node:net'

/** `api.example.com`, `*.example.com` (not the domain itself), each with `:port`; port 443 if left out. */
export function isAllowed(host: string, port: number, allowed: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  // An address would slip past every rule that is made of names.
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) return false
  return allowed.some((entry) => {
    const [pattern = '', wanted = '443'] = entry.toLowerCase().split(':')
    if (Number(wanted) !== port) return false
    return pattern.startsWith('*.')
      ? name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1
      : name === pattern
  })
}
