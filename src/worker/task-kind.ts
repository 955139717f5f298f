import type { Db } from '../db/scope.ts'
import type { Log } from '../lib/log.ts'
import type { EndStatus, Task, TaskFailure, TaskResult, WaitingFor } from '../tasks/task.ts'

/** Why a run is told to stop, as the reason of its signal. */
export type StopReason = 'cancelled' | 'lease-lost' | 'draining'

export interface RunContext {
  task: Task
  /** Its reason is a StopReason. */
  signal: AbortSignal
  log: Log
}

/** How a run ended. It is written in one commit, guarded by the fence: all of it, or, when somebody else holds the task, nothing. */
export type RunEnd =
  | { type: 'settle'; status: EndStatus; result?: TaskResult; failure?: TaskFailure; write?: (db: Db) => Promise<void> }
  | { type: 'retry'; failure: TaskFailure; delayMs: number; write?: (db: Db) => Promise<void> }
  | { type: 'park'; waitingFor: WaitingFor; until?: Date; failure?: TaskFailure; write?: (db: Db) => Promise<void> }
  /** Unfinished and nobody's fault: the next worker goes on. */
  | { type: 'hand-back'; write?: (db: Db) => Promise<void> }

/** The code that does one kind of task. What it throws is handled by run-task.ts. */
export type TaskKind = (context: RunContext) => Promise<RunEnd>
