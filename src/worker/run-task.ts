import type { Database } from '../db/connect.ts'
import { asSystem, onceAsSystem, type Db } from '../db/scope.ts'
import { RetryLater, UserError, messageOf } from '../lib/errors.ts'
import { holdFence, parkTask, retryTaskLater, settleTask } from '../tasks/store.ts'
import { LeaseLost, runOf, type Run, type Task, type TaskFailure, type TaskStatus } from '../tasks/task.ts'
import { endAfterFailure } from './after-failure.ts'
import { queueUntold } from './steer.ts'
import type { RunContext, RunEnd, StopReason, TaskKind } from './task-kind.ts'

export interface RunParts {
  database: Database
  kinds: Readonly<Record<string, TaskKind>>
}

/** Second stage: one claimed task, from its claim to the one commit that ends the run. */
export async function runTask({ database, kinds }: RunParts, context: RunContext): Promise<void> {
  const { task, signal, log } = context
  const kind = kinds[task.kind]
  try {
    const end = kind ? await kind(context) : unknownKind(task)
    await writeEnd(database, task, end)
    log.info({ status: end.type === 'settle' ? end.status : end.type }, 'run ended')
  } catch (error) {
    if (error instanceof LeaseLost || signal.reason === ('lease-lost' satisfies StopReason)) {
      log.warn('the lease was lost; another worker has the task, and nothing of this run was written')
      return
    }
    const isStopped = signal.reason === ('draining' satisfies StopReason)
    const end: RunEnd = isStopped ? { type: 'hand-back' } : endOfError(task, error)
    if (!isStopped && !(error instanceof UserError) && !(error instanceof RetryLater))
      log.error({ err: error }, 'run failed')
    await writeEnd(database, task, end)
  }
}

/** Result, state, usage, messages: one commit, or none of it. */
async function writeEnd(database: Database, task: Task, end: RunEnd) {
  const run = runOf(task)
  const { write } = end
  const leaveOrLose = async (db: Db) => {
    if ((await leave(db, run, end)) === null) throw new LeaseLost(run)
  }
  const mayLeaveWords = end.type === 'settle' && task.conversationId !== null
  if (!write && !mayLeaveWords) return onceAsSystem(database, leaveOrLose)
  await asSystem(database, async (db) => {
    await holdFence(db, run)
    await write?.(db)
    if (mayLeaveWords) await queueUntold(db, task)
    await leaveOrLose(db)
  })
}

/** Out of the state `running`; null when the fence refuses. */
function leave(db: Db, run: Run, end: RunEnd): Promise<TaskStatus | null> {
  switch (end.type) {
    case 'settle':
      return settleTask(db, run, end.status, {
        ...(end.result && { result: end.result }),
        ...(end.failure && { failure: end.failure }),
      })
    case 'retry':
      return retryTaskLater(db, run, { failure: end.failure, delayMs: end.delayMs, counts: true })
    case 'park':
      return parkTask(db, run, end.waitingFor, {
        ...(end.until && { until: end.until }),
        ...(end.failure && { failure: end.failure }),
      })
    case 'hand-back':
      return retryTaskLater(db, run, { delayMs: 0, counts: false })
  }
}

function endOfError(task: Task, error: unknown): RunEnd {
  if (error instanceof UserError) {
    const failure: TaskFailure = {
      class: error.code === 'git-auth' ? 'auth' : 'invalid_request',
      message: error.message,
    }
    return { type: 'settle', status: 'failed', failure }
  }
  if (error instanceof RetryLater) {
    return { type: 'retry', failure: { class: 'network', message: error.message }, delayMs: error.afterMs }
  }
  return endAfterFailure(task, { why: 'other', detail: messageOf(error) }, Math.random())
}

function unknownKind(task: Task): RunEnd {
  const message = `This worker knows no task of kind "${task.kind}". It may be older than the one that made the task: update it.`
  return { type: 'settle', status: 'failed', failure: { class: 'invalid_request', message } }
}
