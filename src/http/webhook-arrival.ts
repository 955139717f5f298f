import { ARRIVAL_HEADER, readArrival } from '../lib/arrival.ts'

/** Now, or when the relay took it, where that is proven. */
export function arrivalOf({ headers, url }: Request, relayToken: string | undefined): Date {
  const told = headers.get(ARRIVAL_HEADER)
  const arrival =
    told === null || relayToken === undefined ? undefined : readArrival(relayToken, told, new URL(url).pathname)
  return arrival ?? new Date()
}
