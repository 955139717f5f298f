import type { Outcome } from '../agents/driver.ts'
import { backoffMs, RETRY_POLICY, type Policy } from '../tasks/retry-policy.ts'
import { pauseAgent } from '../tasks/store.ts'
import type { Task } from '../tasks/task.ts'
import type { RunEnd } from './task-kind.ts'

/** Who raises a budget brings forward what waits for it. */
const UNTIL_SOMEBODY_ACTS = new Date('9999-01-01T00:00:00Z')

/** Why a run failed: the driver's outcome, or less. `detail` is the far side's own words. */
export type Failed = Pick<Outcome & { status: 'failed' }, 'why' | 'detail'> & { until?: string }

/** What follows from a failure, by the policy's table. `chance` (0…1) spreads the retries. */
export function endAfterFailure(task: Task, { why, detail, until }: Failed, chance: number): RunEnd {
  const { remedy, sentence }: Policy = RETRY_POLICY[why]
  const failure = { class: why, message: detail === '' ? sentence : `${sentence} (${detail})` }
  switch (remedy.type) {
    case 'retry':
      return {
        type: 'retry',
        failure,
        delayMs: remedy.firstDelayMs === 0 ? 0 : backoffMs(remedy.firstDelayMs, task.failures, chance),
      }
    case 'fresh-session':
      return { type: 'retry', failure, delayMs: 0 }
    case 'wait': {
      const reset = until === undefined ? new Date(Date.now() + remedy.resetMs) : new Date(until)
      const message = `${failure.message} All work of ${task.agent} waits until ${clockTime(reset)}, then goes on by itself.`
      return {
        type: 'park',
        waitingFor: 'limit',
        until: reset,
        failure: { class: why, message },
        write: (db) => pauseAgent(db, task.agent, reset),
      }
    }
    case 'wait-for-budget':
      return {
        type: 'park',
        waitingFor: 'limit',
        until: until === undefined ? UNTIL_SOMEBODY_ACTS : new Date(until),
        failure: { class: why, message: detail },
      }
    case 'fail':
      return { type: 'settle', status: 'failed', failure }
  }
}

/** `2026-11-21 15:00 UTC`: people and workers may be in different zones. */
const clockTime = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
