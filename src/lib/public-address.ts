import { BlockList, isIP } from 'node:net'

// IANA's special-purpose registries: this host, private, shared (CGNAT), loopback, link-local (with the clouds' metadata),
// protocol assignments, examples, benchmarks, multicast, reserved.
const NOT_PUBLIC_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const

// Public is 2000::/3 alone; in it, what carries an IPv4 address that we would not see (Teredo, 6to4), and examples. IPv4 written
// as IPv6 and what NAT64 turns back into IPv4 are in ::/3; loopback, link-local and unique-local in the rest.
const NOT_PUBLIC_V6 = [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const

const notPublicV4 = new BlockList()
for (const [net, prefix] of NOT_PUBLIC_V4) notPublicV4.addSubnet(net, prefix, 'ipv4')
const notPublicV6 = new BlockList()
for (const [net, prefix] of NOT_PUBLIC_V6) notPublicV6.addSubnet(net, prefix, 'ipv6')

/** Whether an IP address is one that anybody on the internet may reach. */
export function isPublic(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !notPublicV4.check(address, 'ipv4')
  // Behind % is the name of a network of this machine.
  return family === 6 && !address.includes('%') && !notPublicV6.check(address, 'ipv6')
}
