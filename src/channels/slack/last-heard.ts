import { z } from 'zod'
import type { Inbound } from '../channel.ts'

/** Somewhere that people spoke to us. */
export interface Heard {
  team: string
  room: string
  /** '' for what stands in the room itself. */
  thread: string
  /** What was said later is to be read in Slack's history. */
  ts: string
  /** Grows when something more is found to be missing. */
  mark: number
}

/** How far we have heard. Kept small: the places where somebody spoke to us lately. */
export interface LastHeard {
  /** It is stored. */
  note(event: Inbound): void
  /** It could not be stored: it must be read again later. */
  miss(event: Inbound): void
  /** Something may be missing here (everywhere) after what we have. */
  doubt(place: Pick<Heard, 'team' | 'room' | 'thread'>): void
  doubtAll(): void
  /** What is to be read again, and from where; the place with the newest words first. */
  doubtful(): Heard[]
  /** It was read, and is stored. Stays in doubt where something was missed meanwhile. */
  settle(place: Heard): void
  drop(place: Heard): void
  /** Adds what another process, or this one before its restart, has noted. */
  merge(cursor: unknown): void
  /** As it is stored. */
  cursor(): { heard: { team: string; room: string; thread: string; ts: string }[] }
  /** Grows with every change. */
  version(): number
}

interface Entry {
  team: string
  room: string
  thread: string
  newest: string
  /** Where something is missing after this. */
  doubtFrom: string | undefined
  mark: number
}

const MOST = 50
const TS = /^\d+\.\d{6}$/

const cursorShape = z.object({
  heard: z.array(z.object({ team: z.string(), room: z.string(), thread: z.string(), ts: z.string().regex(TS) })),
})

export function createLastHeard(): LastHeard {
  const entries = new Map<string, Entry>()
  const dropped = new Set<string>()
  let version = 0

  // All ts have as many digits as another.
  const newestFirst = () => [...entries.values()].toSorted((a, b) => b.newest.localeCompare(a.newest))

  function change(entry: Entry, changes: Partial<Entry>) {
    entries.set(keyOf(entry), Object.assign(entry, changes))
    version++
    for (const old of newestFirst().slice(MOST)) entries.delete(keyOf(old))
  }

  function putInDoubt(entry: Entry, ts: string) {
    const from = entry.doubtFrom !== undefined && entry.doubtFrom < ts ? entry.doubtFrom : ts
    change(entry, { doubtFrom: from, mark: entry.mark + 1 })
  }

  /** What others say among themselves is followed where somebody spoke to us, and only there. */
  function entriesOf(event: Inbound, ts: string): Entry[] {
    return placesOf(event).flatMap((place) => {
      const entry = entries.get(keyOf(place))
      if (entry) return entry
      if (event.type !== 'message' || !event.isAddressed) return []
      dropped.delete(keyOf(place))
      return { ...place, newest: ts, doubtFrom: undefined, mark: 0 }
    })
  }

  return {
    note(event) {
      for (const entry of entriesOf(event, ''))
        if (entry.newest < event.messageId) change(entry, { newest: event.messageId })
    },
    miss(event) {
      if (placesOf(event).length === 0) return
      const before = justBefore(event.messageId)
      for (const entry of entriesOf(event, before)) putInDoubt(entry, entry.newest < before ? entry.newest : before)
    },
    doubt(place) {
      const entry = entries.get(keyOf(place))
      if (entry) putInDoubt(entry, entry.newest)
    },
    doubtAll() {
      for (const entry of entries.values()) putInDoubt(entry, entry.newest)
    },
    doubtful: () =>
      newestFirst().flatMap(({ team, room, thread, doubtFrom: ts, mark }) =>
        ts === undefined ? [] : { team, room, thread, ts, mark },
      ),
    settle(place) {
      const entry = entries.get(keyOf(place))
      if (entry && entry.mark === place.mark) change(entry, { doubtFrom: undefined })
    },
    drop(place) {
      entries.delete(keyOf(place))
      dropped.add(keyOf(place))
      version++
    },
    merge(cursor) {
      for (const { ts, ...place } of cursorShape.safeParse(cursor).data?.heard ?? []) {
        const key = keyOf(place)
        if (!entries.has(key) && !dropped.has(key)) change({ ...place, newest: ts, doubtFrom: ts, mark: 0 }, {})
      }
    },
    cursor: () => ({
      heard: newestFirst().map(({ team, room, thread, newest, doubtFrom: from }) => ({
        team,
        room,
        thread,
        ts: from ?? newest,
      })),
    }),
    version: () => version,
  }
}

/** Commands and buttons have no place in the history. A message in a channel stands there, and opens a thread. */
function placesOf(event: Inbound) {
  if (event.type !== 'message' || !TS.test(event.messageId)) return []
  const { tenant: team, room, thread } = event.place
  const own = { team, room, thread }
  return thread === event.messageId ? [own, { team, room, thread: '' }] : [own]
}

const keyOf = ({ team, room, thread }: Pick<Heard, 'team' | 'room' | 'thread'>) => `${team}/${room}/${thread}`

function justBefore(ts: string): string {
  const digits = String(BigInt(ts.replace('.', '')) - 1n)
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`
}
