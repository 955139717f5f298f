import type { FailureClass } from '../agents/driver.ts'
import { backoffMs, RETRY_POLICY, type Policy } from '../tasks/retry-policy.ts'
import type { Task } from '../tasks/task.ts'
import type { RunEnd } from './task-kind.ts'

/** Who raises a budget brings forward what waits for it. */
const UNTIL_SOMEBODY_ACTS = new Date('9999-01-01T00:00:00Z')

/**
 * What follows from a failure, by the policy's table. `detail` is the far side's own words; `chance` (0…1) spreads the retries.
 */
export function endAfterFailure(task: Task, why: FailureClass, detail: string, chance: number): RunEnd {
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
    case 'wait':
      return { type: 'park', waitingFor: 'limit', until: new Date(Date.now() + remedy.resetMs), failure }
    case 'wait-for-budget':
      return { type: 'park', waitingFor: 'limit', until: UNTIL_SOMEBODY_ACTS, failure }
    case 'fail':
      return { type: 'settle', status: 'failed', failure }
  }
}
