import type { LookupAddress } from 'node:dns'
import { lookup as systemLookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { isPublic } from '../../lib/public-address.ts'

/** The address of a webhook leads to where only we can reach: it would make us the tool of whoever gave it. */
export class RefusedAddress extends Error {
  constructor(host: string, address: string) {
    super(
      `${host === address ? address : `${host} (${address})`} is not on the public internet. DROVER_WEBHOOKS_ALLOW_PRIVATE=true lets webhooks go there.`,
    )
    this.name = 'RefusedAddress'
  }
}

/** Throws RefusedAddress for a URL whose host is an address that is not public: a connection to one asks no lookup. */
export function assertPublicHost({ hostname }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isPublic(host)) throw new RefusedAddress(host, host)
}

/**
 * A lookup for connections, which fails with RefusedAddress where a name has any address that is not public. As the connection
 * itself asks it, it goes to the very address that was looked at: DNS cannot answer otherwise in between.
 */
export function createCheckedLookup(
  resolve: (host: string, options: { all: true; family: number }) => Promise<LookupAddress[]> = systemLookup,
): LookupFunction {
  return (host, options, callback) => {
    const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0)
    resolve(host, { all: true, family }).then(
      (found) => {
        const refused = found.find(({ address }) => !isPublic(address))
        const [first] = found
        if (refused) callback(new RefusedAddress(host, refused.address), '')
        else if (!first) callback(new Error(`${host} has no address.`), '')
        else if (options.all === true) callback(null, found)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    )
  }
}
