import { findIdleWorkspaces, forgetWorkspace } from '../conversations/workspace-store.ts'
import type { Database } from '../db/connect.ts'
import { asSystem } from '../db/scope.ts'
import { startLoop } from '../lib/loop.ts'
import type { Log } from '../lib/log.ts'
import { isCertainlyDead, ownIdentity } from '../lib/process-identity.ts'
import type { Running } from '../lib/running.ts'
import { forgetOldAnswers } from '../orgs/store.ts'
import { noteRun, takeDueSchedule } from '../schedules/store.ts'
import { startWork } from '../tasks/start-work.ts'
import { cancelTask, findOrphans, reapTask } from '../tasks/store.ts'
import { declareWorkerDead, listWorkers } from '../tasks/worker-store.ts'
import type { Workspaces } from '../workspaces/workspace.ts'

const REAP_EVERY_MS = 1_000
const FORGET_EVERY_MS = 10 * 60_000
const CLEAN_EVERY_MS = 60 * 60_000

export interface UpkeepParts {
  database: Database
  log: Log
  workspaces: Workspaces
  host: string
  workspaceIdleDays: number
}

/** What any process does for all, beside running tasks: bring back what the dead left, start what is due. Many may do it at once. */
export function startUpkeep({ database, log, workspaces, host, workspaceIdleDays }: UpkeepParts): Running {
  const complain = (error: unknown) => log.warn({ err: error }, 'upkeep failed; it is tried again')
  const loops = [
    startLoop(
      REAP_EVERY_MS,
      async (signal) => {
        await buryDeadNeighbours(database, log)
        await reapAll(database, log, signal)
        await cancelOrphans(database)
        await startDueSchedules(database, log, signal)
      },
      complain,
    ),
    startLoop(FORGET_EVERY_MS, () => asSystem(database, forgetOldAnswers), complain),
    startLoop(
      CLEAN_EVERY_MS,
      () => cleanIdleWorkspaces({ database, log, workspaces, host, workspaceIdleDays }),
      complain,
    ),
  ]
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

/** A worker of this machine whose process is gone is dead for sure: its leases need not run out first. */
async function buryDeadNeighbours(database: Database, log: Log) {
  const own = await ownIdentity()
  const workers = await asSystem(database, (db) => listWorkers(db, { alive: false }))
  for (const worker of workers) {
    if (!(await isCertainlyDead(worker, own))) continue
    log.warn({ worker: worker.id, pid: worker.pid }, 'a worker of this machine has died; its tasks go on elsewhere')
    await asSystem(database, (db) => declareWorkerDead(db, worker.id))
  }
}

async function reapAll(database: Database, log: Log, signal: AbortSignal) {
  while (!signal.aborted) {
    const reaped = await asSystem(database, reapTask)
    if (!reaped) return
    if (reaped.became !== null) log.warn(reaped, 'a lease ran out')
  }
}

async function cancelOrphans(database: Database) {
  for (const id of await asSystem(database, findOrphans)) await asSystem(database, (db) => cancelTask(db, id))
}

async function startDueSchedules(database: Database, log: Log, signal: AbortSignal) {
  while (!signal.aborted) {
    const started = await asSystem(database, async (db) => {
      const schedule = await takeDueSchedule(db)
      if (!schedule) return undefined
      const { orgId, agent, codebaseId, prompt, name } = schedule
      const task = await startWork(db, {
        orgId,
        agent,
        prompt,
        title: name,
        createdBy: schedule.id,
        ...(codebaseId !== null && { codebaseId }),
      })
      await noteRun(db, schedule, task.id)
      return { schedule: schedule.id, task: task.id }
    })
    if (!started) return
    log.info(started, 'a schedule is due')
  }
}

/** Folders of this machine that nobody used for days, whose work is safe on the remote. */
async function cleanIdleWorkspaces({ database, log, workspaces, host, workspaceIdleDays }: UpkeepParts) {
  for (const id of await asSystem(database, (db) => findIdleWorkspaces(db, host, workspaceIdleDays))) {
    if (!(await workspaces.remove(id))) continue
    await asSystem(database, (db) => forgetWorkspace(db, id, host))
    log.info({ workspace: id }, 'an idle workspace was removed')
  }
}
