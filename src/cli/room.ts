import { randomUUID } from 'node:crypto'
import type { Accepted, ConsoleMessage, ConsoleMessages } from '../http/wire.ts'
import type { Client } from './client.ts'
import { isBusy, openQuestion, outcomeOf, type Outcome } from './outcome.ts'
import { patiently } from './patiently.ts'

/** A room of the console as this terminal knows it: up to date until it is closed. */
export interface Room {
  readonly id: string
  /** Oldest first. */
  messages(): ConsoleMessage[]
  /** Whether this terminal said it. */
  isOwn(id: string): boolean
  /** Returns its id. `Refused` where the service does not take it. */
  say(text: string): Promise<string>
  /** What came of it, when all of that is here; undefined where the room is closed before. Throws what ended the room. */
  outcome(id: string): Promise<Outcome | undefined>
  /** Whether something is going on: what is said is on its way, or somebody works. */
  isWorking(): boolean
  /** Whether a person is asked for something that work waits for. */
  isAsking(): boolean
  /** Throws what ended the room, if it has ended by itself. */
  assertOpen(): void
  /** The conversation that what is said here belongs to now. */
  conversationId(): string
  close(): Promise<void>
}

interface RoomOptions {
  onChange: (room: Room) => void
  onAway: (isAway: boolean) => void
  /** The room ends by itself: the key was revoked, the service stays away. */
  onEnd: () => void
}

/** Ready once it is known what stands there. */
export async function openRoom(client: Client, id: string, { onChange, onAway, onEnd }: RoomOptions): Promise<Room> {
  const path = `/v1/console/${encodeURIComponent(id)}`
  const leaving = new AbortController()
  const known = new Map<string, ConsoleMessage>()
  const own = new Set<string>()
  const unsettled = new Set<string>()
  const waiting = new Set<() => void>()
  let failure: { error: unknown } | undefined
  let isKnown = false
  let posting = 0
  let conversationId = id

  const room: Room = {
    id,
    messages: () => [...known.values()],
    isOwn: (said) => own.has(said),
    async say(text) {
      const replyTo = openQuestion(room.messages())?.messageId
      const body = { text, ...(replyTo != null && { replyTo }) }
      const key = randomUUID()
      posting++
      try {
        const said = await patiently(() => client.post<Accepted>(`${path}/messages`, body, key))
        own.add(said.id)
        return said.id
      } finally {
        posting--
        tell()
      }
    },
    async outcome(said) {
      unsettled.add(said)
      const outcome = await until(() => outcomeOf(room.messages(), said))
      unsettled.delete(said)
      return outcome
    },
    isWorking: () => posting > 0 || unsettled.size > 0 || isBusy(room.messages()),
    isAsking: () => openQuestion(room.messages()) !== undefined,
    assertOpen() {
      if (failure) throw failure.error
    },
    conversationId: () => conversationId,
    async close() {
      leaving.abort()
      wake()
      await following
    },
  }

  async function until<T>(find: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      room.assertOpen()
      const found = find()
      if (found !== undefined || leaving.signal.aborted) return found
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add(resolve)
      await promise
      waiting.delete(resolve)
    }
  }

  const wake = () => waiting.forEach((resolve) => resolve())
  function tell() {
    // What comes back of what is being said is not known as our own yet.
    if (posting > 0 || !isKnown || leaving.signal.aborted) return
    onChange(room)
    wake()
  }

  async function follow() {
    for await (const { data } of client.stream(`${path}/events`, { signal: leaving.signal, onAway })) {
      const told = JSON.parse(data) as ConsoleMessages
      for (const message of told.messages) known.set(message.id, message)
      conversationId = told.conversationId ?? id
      isKnown = true
      tell()
    }
  }
  const following = follow().catch((error: unknown) => {
    failure = { error }
    wake()
    onEnd()
  })

  await until(() => isKnown || undefined)
  return room
}
