import { expect, test } from 'vitest'
import type { Database } from '../db/connect.ts'
import type { Listener } from '../db/listen.ts'
import { startWatcher } from './watch.ts'

type Heard = Parameters<Listener['on']>[1]

/** A listener that says what it is told to say; there is no database behind it. */
function createListener() {
  const heard = new Set<Heard>()
  const database = {
    listener: {
      on(_channel: string, hear: Heard) {
        heard.add(hear)
        return () => heard.delete(hear)
      },
    },
  } as unknown as Database
  return { database, hearers: heard, say: (payload?: string) => heard.forEach((hear) => hear(payload)) }
}

const NEVER_MS = 2 ** 30
const OPTIONS = { channel: 'said', look: async () => new Map(), pollMs: NEVER_MS, onError: () => undefined }

test('a watch is woken by its own thing only, and does not miss what came before it waited', async () => {
  const { database, say } = createListener()
  const watcher = startWatcher(database, OPTIONS)
  const watch = watcher.watch('tsk_a')
  expect(await watch.changed(NEVER_MS)).toBe(true)
  say('tsk_b')
  expect(await watch.changed(5)).toBe(false)
  say('tsk_a')
  expect(await watch.changed(NEVER_MS)).toBe(true)
  const waiting = watch.changed(NEVER_MS)
  // The connection was away: anything may have happened.
  say(undefined)
  expect(await waiting).toBe(true)
  await watcher.stop()
})

test('a stop closes every watch, and nothing of it is left', async () => {
  const { database, hearers } = createListener()
  const watcher = startWatcher(database, OPTIONS)
  const watches = [watcher.watch('tsk_a'), watcher.watch('tsk_a'), watcher.watch('tsk_b')]
  await Promise.all(watches.map((watch) => watch.changed(NEVER_MS)))
  const waiting = watches.map((watch) => watch.changed(NEVER_MS))
  await watcher.stop()
  expect(await Promise.all(waiting)).toEqual([false, false, false])
  expect(watches.map(({ isOpen }) => isOpen)).toEqual([false, false, false])
  expect(hearers.size).toBe(0)
})

test('what nobody announced is found by looking, and where nobody can look everybody is woken', async () => {
  const { database } = createListener()
  const states = new Map([['a', 1]])
  const looking = startWatcher(database, { ...OPTIONS, look: async () => states, pollMs: 1 })
  const watch = looking.watch('a')
  // At its opening, and for the first state that is seen.
  expect([await watch.changed(NEVER_MS), await watch.changed(NEVER_MS)]).toEqual([true, true])
  expect(await watch.changed(20)).toBe(false)
  states.set('a', 2)
  expect(await watch.changed(NEVER_MS)).toBe(true)
  await looking.stop()

  const { look: _, ...without } = OPTIONS
  const waking = startWatcher(database, { ...without, pollMs: 1 })
  const other = waking.watch('b')
  for (let round = 0; round < 3; round++) expect(await other.changed(NEVER_MS)).toBe(true)
  await waking.stop()
})
