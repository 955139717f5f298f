import { z } from 'zod'
import { snowflake } from './wire.ts'

/** A channel or thread in which somebody spoke to us, or we to them. */
export interface Seen {
  channel: string
  /** The server; '' for a direct message. */
  guild: string
  /** Id of the last message that is stored or needs not be. What came later may be missing. */
  after: string
}

/** How far we have heard, in the places that matter. Kept small. */
export interface LastSeen {
  /** All up to this message is done with. Other places than those we are in are not followed. */
  note(seen: Seen, isOurs: boolean): void
  drop(channel: string): void
  /** The place with the newest message first. */
  all(): Seen[]
}

const MOST = 50

export const seenShape = z.object({ channel: snowflake, guild: z.string(), after: snowflake })

export function createLastSeen(stored: Seen[]): LastSeen {
  const places = new Map(stored.map((seen) => [seen.channel, seen]))
  const newestFirst = () => [...places.values()].toSorted((a, b) => (isLater(a.after, b.after) ? -1 : 1))
  return {
    note(seen, isOurs) {
      const known = places.get(seen.channel)
      if (known ? !isLater(seen.after, known.after) : !isOurs) return
      places.set(seen.channel, seen)
      for (const { channel } of newestFirst().slice(MOST)) places.delete(channel)
    },
    drop: (channel) => void places.delete(channel),
    all: newestFirst,
  }
}

/** Ids grow with time, and one day by a digit. */
const isLater = (a: string, b: string) => a !== b && BigInt(a) > BigInt(b)

/** Everything after this includes `id`. */
export const justBefore = (id: string) => String(BigInt(id) - 1n)
