import type { FailureClass, Spend } from '../agents/driver.ts'
import type { Id } from '../lib/ids.ts'

/** `queued`: its lane is busy. `scheduled`: its time is to come. `waiting`: see WaitingFor. ARCHITECTURE.md draws the moves. */
export const TASK_STATUSES = [
  'queued',
  'scheduled',
  'pending',
  'running',
  'waiting',
  'completed',
  'failed',
  'cancelled',
] as const
export type TaskStatus = (typeof TASK_STATUSES)[number]
export type EndStatus = Extract<TaskStatus, 'completed' | 'failed' | 'cancelled'>

/** A person's answer, all child tasks, the reset of a usage limit. */
export type WaitingFor = 'input' | 'children' | 'limit'

export interface TaskFailure {
  class: FailureClass
  /** One sentence for a person, with the next step. */
  message: string
}

/** What a task came to. */
export interface TaskResult {
  /** The agent's answer, in Markdown. */
  text: string
  branch?: string
  base?: string
  head?: string
  commits?: { sha: string; subject: string }[]
  diffStat?: string
  durationMs: number
  /** What the agent said it spent; `drover usage` has what was metered. */
  spend?: Spend
}

export interface Task {
  id: Id<'task'>
  orgId: Id<'org'>
  kind: string
  status: TaskStatus
  waitingFor: WaitingFor | null
  workerType: string
  agent: string
  lane: string | null
  /** Smaller is sooner. */
  priority: number
  runAt: Date
  /** How often it was claimed; also its fence. */
  attempt: number
  failures: number
  maxAttempts: number
  workerId: string | null
  cancelRequested: boolean
  parentId: string | null
  conversationId: string | null
  codebaseId: string | null
  title: string
  prompt: string
  input: Record<string, unknown>
  checkpoint: Record<string, unknown>
  result: TaskResult | null
  failure: TaskFailure | null
  /** The number of its newest event. */
  lastEvent: number
  createdBy: string | null
  correlationId: string | null
  createdAt: Date
  startedAt: Date | null
  finishedAt: Date | null
}

/** One claim of one task: what every write of a run names. */
export interface Run {
  orgId: Id<'org'>
  taskId: Id<'task'>
  attempt: number
}

export const runOf = (task: Task): Run => ({ orgId: task.orgId, taskId: task.id, attempt: task.attempt })

/** The fence refused a write: the lease ran out and somebody else has the task, or it was ended from outside. */
export class LeaseLost extends Error {
  constructor(run: Run) {
    super(`Attempt ${run.attempt} no longer holds ${run.taskId}.`)
    this.name = 'LeaseLost'
  }
}

export const isEnded = (status: TaskStatus): status is EndStatus =>
  status === 'completed' || status === 'failed' || status === 'cancelled'

/** The first line of a prompt, short enough for a list. */
export function titleOf(prompt: string): string {
  const line = prompt.trim().split('\n', 1)[0]?.trim() ?? ''
  const letters = Array.from(line)
  return letters.length <= 80 ? line : `${letters.slice(0, 79).join('')}…`
}
