import { expect, test } from 'vitest'
import type { Database } from '../db/connect.ts'
import type { Listener } from '../db/listen.ts'
import { watchTasks } from './watch-tasks.ts'

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

test('a watch is woken by its own task only, and does not miss what came before it waited', async () => {
  const { database, say } = createListener()
  const watcher = watchTasks(database, NEVER_MS, () => undefined)
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
  const watcher = watchTasks(database, NEVER_MS, () => undefined)
  const watches = [watcher.watch('tsk_a'), watcher.watch('tsk_a'), watcher.watch('tsk_b')]
  await Promise.all(watches.map((watch) => watch.changed(NEVER_MS)))
  const waiting = watches.map((watch) => watch.changed(NEVER_MS))
  await watcher.stop()
  expect(await Promise.all(waiting)).toEqual([false, false, false])
  expect(watches.map(({ isOpen }) => isOpen)).toEqual([false, false, false])
  expect(hearers.size).toBe(0)
})
