import type { AgentEvent } from '../agents/driver.ts'
import type { TaskStatus, WaitingFor } from '../tasks/task.ts'

/** What Drover itself notes in a task, beside what the agent tells. */
type DroverEvent =
  /** Written by the database with every change of state (migrations/0003_tasks.sql). */
  | {
      type: 'state'
      from?: TaskStatus
      to: TaskStatus
      waitingFor?: WaitingFor
      runAt?: string
      failure?: { class: string; message: string }
    }
  /** What Drover does around the agent's turn, in a sentence: clone, resume, commit, push. */
  | { type: 'step'; text: string }
  | ({ type: 'question' } & Question)
  | { type: 'result'; branch?: string; head?: string; diffStat?: string }

/** What a person is asked. */
export interface Question {
  id: string
  kind: 'permission' | 'question'
  title: string
  choices: { id: string; label: string }[]
  freeText: boolean
}

export type LoggedEvent = (AgentEvent | DroverEvent) & { artifactId?: string }

/** An event as it stands in the log. */
export interface TaskEvent {
  taskId: string
  /** From 1, without gaps within a task. */
  seq: number
  attempt: number
  at: Date
  event: LoggedEvent
}
