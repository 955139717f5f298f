/** What follows from each way of failing. This table is the whole policy; people see its sentences. */
import type { FailureClass } from '../agents/driver.ts'

type Remedy =
  /** Again after a while, longer each time, until `max_attempts`. */
  | { type: 'retry'; firstDelayMs: number }
  /** Again at once with a new session in the same files. */
  | { type: 'fresh-session' }
  /** Not before the limit has probably been reset: no driver tells yet when that is. */
  | { type: 'wait'; resetMs: number }
  /** Until somebody raises the budget, or its day is over. */
  | { type: 'wait-for-budget' }
  /** A person must do something first. */
  | { type: 'fail' }

export interface Policy {
  remedy: Remedy
  /** What happened, and what is next. */
  sentence: string
}

export const RETRY_POLICY = {
  network: { remedy: { type: 'retry', firstDelayMs: 2_000 }, sentence: 'The network failed.' },
  overloaded: { remedy: { type: 'retry', firstDelayMs: 10_000 }, sentence: 'The model service is overloaded.' },
  rate_limit: { remedy: { type: 'retry', firstDelayMs: 15_000 }, sentence: 'The model service asks to slow down.' },
  quota: { remedy: { type: 'wait', resetMs: 60 * 60_000 }, sentence: 'The usage limit is reached.' },
  budget: {
    remedy: { type: 'wait-for-budget' },
    sentence: 'The budget is spent. Raise it, and the work goes on by itself: drover budget set.',
  },
  session_broken: {
    remedy: { type: 'fresh-session' },
    sentence: 'The earlier session cannot go on; a new one takes over with the same files.',
  },
  stalled: { remedy: { type: 'retry', firstDelayMs: 1_000 }, sentence: 'The agent gave no sign of life.' },
  crashed: { remedy: { type: 'retry', firstDelayMs: 0 }, sentence: 'The agent ended in the middle of its work.' },
  session_lost: {
    remedy: { type: 'fresh-session' },
    sentence: 'The earlier session is gone; a new one goes on with the same files.',
  },
  auth: {
    remedy: { type: 'fail' },
    sentence: 'The agent is not logged in. `drover agents` says how to log in; then: drover task retry.',
  },
  not_installed: {
    remedy: { type: 'fail' },
    sentence: 'The agent is not installed here. `drover agents` says how; then: drover task retry.',
  },
  invalid_request: {
    remedy: { type: 'fail' },
    sentence: 'The request cannot be done as it stands. Change it, then: drover task retry --prompt.',
  },
  refusal: {
    remedy: { type: 'fail' },
    sentence: 'The model refused. Word the request differently, then: drover task retry --prompt.',
  },
  other: { remedy: { type: 'retry', firstDelayMs: 5_000 }, sentence: 'Something went wrong.' },
} satisfies Record<FailureClass, Policy>

const LONGEST_DELAY_MS = 5 * 60_000

/**
 * How long to wait before the next try: doubled with each failure, up to five minutes, plus or minus half by `chance` (0…1),
 * so that a hundred tasks that failed together do not come back together.
 */
export function backoffMs(firstDelayMs: number, failures: number, chance: number): number {
  return Math.round(Math.min(LONGEST_DELAY_MS, firstDelayMs * 2 ** failures) * (0.5 + chance))
}
