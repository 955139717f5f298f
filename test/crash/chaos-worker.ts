/** A worker in a process of its own, for tests to kill: tasks of kind `effect` sleep, fail at times, and leave one row when they end. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openDatabase } from '../../src/db/connect.ts'
import { createLog } from '../../src/lib/log.ts'
import { startWorkerPool } from '../../src/worker/pool.ts'
import type { TaskKind } from '../../src/worker/task-kind.ts'
import { startUpkeep } from '../../src/worker/upkeep.ts'
import type { Workspaces } from '../../src/workspaces/workspace.ts'

/** What such a task has in its input. */
export interface EffectInput {
  sleepMs: number
  /** 0…1: how often a run ends in a failure that is tried again. */
  failing: number
}

const effect: TaskKind = async ({ task, signal }) => {
  const { sleepMs, failing } = task.input as unknown as EffectInput
  const slept = await sleep(sleepMs, true, { signal }).catch(() => false)
  if (!slept) return signal.reason === 'cancelled' ? { type: 'settle', status: 'cancelled' } : { type: 'hand-back' }
  if (Math.random() < failing) {
    return { type: 'retry', failure: { class: 'network', message: 'by chance' }, delayMs: Math.random() * 100 }
  }
  return {
    type: 'settle',
    status: 'completed',
    result: { text: 'done', durationMs: sleepMs },
    async write(db) {
      await sql`insert into effects (task_id) values (${task.id})`.execute(db)
    },
  }
}

const [url = '', drainMs = '1000'] = process.argv.slice(2)
const log = createLog({ level: 'error', pretty: false, secrets: {} })
const database = await openDatabase({
  url,
  folder: '/nowhere',
  migrate: false,
  poolSize: 6,
  onWarning: (message) => log.warn(message),
})
const workspaces = new Proxy({} as Workspaces, {
  get() {
    throw new Error('no task of this test has a workspace')
  },
})
const upkeep = startUpkeep({ database, log, workspaces, host: 'chaos', workspaceIdleDays: 7 })
const pool = await startWorkerPool(
  { database, kinds: { effect }, log },
  {
    types: ['general'],
    concurrency: 4,
    version: 'test',
    // Far longer than a recovery may take: the dead are noticed by their neighbours, not by their leases.
    leaseSeconds: 60,
    pollMs: 500,
    drainMs: Number(drainMs),
  },
)
process.stdout.write(`${pool.id}\n`)
process.once('SIGTERM', () => void stop())

async function stop() {
  await pool.stop()
  await upkeep.stop()
  await database.close()
}
