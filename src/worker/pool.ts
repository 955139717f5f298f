import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../db/connect.ts'
import { asSystem, onceAsSystem } from '../db/scope.ts'
import { startLoop } from '../lib/loop.ts'
import type { Log } from '../lib/log.ts'
import { ownIdentity } from '../lib/process-identity.ts'
import type { Running } from '../lib/running.ts'
import { claimTasks, heartbeatTasks } from '../tasks/store.ts'
import type { Task } from '../tasks/task.ts'
import { noteWorkerAlive, noteWorkerDraining, noteWorkerStopped, registerWorker } from '../tasks/worker-store.ts'
import { runTask } from './run-task.ts'
import type { StopReason, TaskKind } from './task-kind.ts'

export interface PoolParts {
  database: Database
  kinds: Readonly<Record<string, TaskKind>>
  log: Log
}

export interface PoolOptions {
  types: string[]
  concurrency: number
  version: string
  /** A run whose worker is silent for so long is given to another. Renewed four times as often. */
  leaseSeconds: number
  /** A NOTIFY wakes at once; this is for the one that got lost, and for what becomes due. */
  pollMs: number
  /** How long a stop waits for runs to end by themselves before it hands them back. */
  drainMs: number
}

interface Active {
  task: Task
  stop: (reason: StopReason) => void
  done: Promise<void>
}

/** Claims and runs tasks until it is stopped. A stop drains: nothing new, then what runs ends or is handed back. */
export async function startWorkerPool(
  { database, kinds, log }: PoolParts,
  options: PoolOptions,
): Promise<Running & { id: string }> {
  const identity = await ownIdentity()
  const id = await asSystem(database, (db) => registerWorker(db, { ...identity, ...options }))
  const active = new Map<string, Active>()
  let stopping = false
  let claiming: Promise<void> | undefined
  let wokenMeanwhile = false

  function start(task: Task) {
    const controller = new AbortController()
    const taskLog = log.child({
      task: task.id,
      attempt: task.attempt,
      ...(task.correlationId !== null && { correlation: task.correlationId }),
    })
    taskLog.info({ agent: task.agent, kind: task.kind }, 'run started')
    const done = runTask({ database, kinds }, { task, signal: controller.signal, log: taskLog })
      // Not even the end could be written: the lease runs out, and somebody reaps the task.
      .catch((error: unknown) => taskLog.error({ err: error }, 'the end of the run could not be written'))
      .finally(() => {
        // A run that lost its lease may end behind the one that took its place, here as well.
        if (active.get(task.id)?.done === done) active.delete(task.id)
        wake()
      })
    active.set(task.id, { task, stop: (reason) => controller.abort(reason), done })
  }

  async function claim() {
    for (const type of options.types) {
      const count = options.concurrency - active.size
      if (stopping || count <= 0) return
      const tasks = await onceAsSystem(database, (db) =>
        claimTasks(db, { id, type, count, leaseSeconds: options.leaseSeconds }),
      )
      tasks.forEach(start)
    }
  }

  /** One claim at a time; who is woken during one claims once more after it. */
  function wake() {
    if (claiming) {
      wokenMeanwhile = true
      return
    }
    if (stopping || active.size >= options.concurrency) return
    claiming = claim()
      .catch((error: unknown) => log.warn({ err: error }, 'cannot claim'))
      .finally(() => {
        claiming = undefined
        if (!wokenMeanwhile) return
        wokenMeanwhile = false
        wake()
      })
  }

  async function heartbeat() {
    // Listed before the query: what is claimed during it is not among its answers, and not lost either.
    const listed = [...active.values()]
    const held = await asSystem(database, async (db) => {
      await noteWorkerAlive(db, id)
      return heartbeatTasks(db, id, options.leaseSeconds)
    })
    const byTask = new Map(held.map((row) => [row.taskId, row]))
    for (const { task, stop } of listed) {
      const row = byTask.get(task.id)
      if (row?.cancelRequested === true) stop('cancelled')
      else if (row?.attempt !== task.attempt && active.get(task.id)?.task.attempt === task.attempt) stop('lease-lost')
    }
  }

  const stopListening = [
    database.listener.on('drover_wake', (type) => {
      if (type === undefined || options.types.includes(type)) wake()
    }),
    database.listener.on('drover_cancel', (taskId) => {
      if (taskId !== undefined) active.get(taskId)?.stop('cancelled')
    }),
  ]
  const poll = startLoop(
    options.pollMs,
    async () => wake(),
    () => undefined,
  )
  const beat = startLoop((options.leaseSeconds * 1_000) / 4, heartbeat, (error) =>
    log.warn({ err: error }, 'cannot renew the leases'),
  )
  wake()
  log.info({ worker: id, types: options.types, concurrency: options.concurrency }, 'worker started')

  let stopped: Promise<void> | undefined
  async function drain() {
    stopping = true
    stopListening.forEach((stop) => stop())
    await poll.stop()
    // What a claim on its way brings back is ours to end, too.
    await claiming
    await asSystem(database, (db) => noteWorkerDraining(db, id)).catch(() => undefined)
    const all = () => Promise.all([...active.values()].map((run) => run.done))
    if (active.size > 0) log.info({ running: active.size, drainMs: options.drainMs }, 'waiting for what runs')
    const giveUp = new AbortController()
    await Promise.race([all(), sleep(options.drainMs, undefined, { signal: giveUp.signal }).catch(() => undefined)])
    giveUp.abort()
    for (const run of active.values()) run.stop('draining')
    await all()
    await beat.stop()
    await asSystem(database, (db) => noteWorkerStopped(db, id)).catch((error: unknown) =>
      log.warn({ err: error }, 'cannot say that this worker stopped'),
    )
  }
  return { id, stop: () => (stopped ??= drain()) }
}
