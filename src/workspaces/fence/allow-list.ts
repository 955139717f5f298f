import { BlockList, isIP, isIPv6 } from 'node:net'

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

const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv6')

/** Loopback, local networks, link-local (the clouds' metadata service), tunnels and multicast: never the open internet. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
