import type { Database } from '../db/connect.ts'
import { asOrg } from '../db/scope.ts'
import { readEvents } from '../events/store.ts'
import type { Log } from '../lib/log.ts'
import { findTask } from '../tasks/store.ts'
import { isEnded, type TaskStatus } from '../tasks/task.ts'
import { streamLooks } from './stream-looks.ts'
import { eventToWire } from './to-wire.ts'
import type { Watcher } from './watch.ts'
import type { TaskEvent } from './wire.ts'

const PAGE = 200

export interface StreamParts {
  database: Database
  watcher: Watcher
  log: Log
  heartbeatMs: number
}

/**
 * The events of a task after number `after` as server-sent events, in order, each once: `id` is the number, `event` the type.
 * When the task has ended and all is told, `event: end` and the end of the stream; with `forever` it goes on. A stream that
 * ends without `event: end` (restart, trouble) is to be asked for again from the last `id`.
 * Read only as fast as the client reads. Nothing of it is left when the client leaves.
 */
export function streamEvents(
  { database, watcher, log, heartbeatMs }: StreamParts,
  { orgId, taskId, after, forever }: { orgId: string; taskId: string; after: number; forever: boolean },
): ReadableStream<Uint8Array> {
  const watch = watcher.watch(taskId)
  let last = after
  return streamLooks({ watch, log, heartbeatMs, id: taskId }, async () => {
    const { task, events } = await asOrg(database, orgId, async (db) => ({
      // Before its events: whatever belongs to the state seen here is then among them.
      task: await findTask(db, taskId),
      events: await readEvents(db, taskId, last, PAGE),
    }))
    last = events.at(-1)?.seq ?? last
    const isLast = !task || (isEnded(task.status) && last >= task.lastEvent && !forever)
    const text =
      events.map((event) => formatEvent(eventToWire(event))).join('') + (task && isLast ? formatEnd(task.status) : '')
    // A full page: there may be more, which nobody will announce.
    if (events.length === PAGE) watch.wake()
    return { text, isLast }
  })
}

const formatEvent = (event: TaskEvent) =>
  `id: ${event.seq}\nevent: ${event.event.type}\ndata: ${JSON.stringify(event)}\n\n`
const formatEnd = (status: TaskStatus) => `event: end\ndata: ${JSON.stringify({ status })}\n\n`
