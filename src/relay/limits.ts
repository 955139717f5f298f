import type { Database } from '../db/connect.ts'
import type { Log } from '../lib/log.ts'
import type { Backlog } from './store.ts'

export interface RelayLimits {
  bodyBytes: number
  /** What is kept for one channel. */
  backlog: Backlog
  /** For one channel, in each process. */
  postsPerMinute: number
  /** Streams of one channel, in each process. */
  streams: number
  /** How long a platform waits for Drover's answer. Slack and Discord want it within three seconds. */
  answerMs: number
  /** Bodies that are on their way in, all together. */
  intakeBytes: number
}

const MIB = 2 ** 20
export const LIMITS: RelayLimits = {
  // GitHub posts no more.
  bodyBytes: 25 * MIB,
  backlog: { posts: 10_000, bytes: 256 * MIB },
  postsPerMinute: 1_200,
  streams: 4,
  answerMs: 2_500,
  intakeBytes: 128 * MIB,
}

export interface RelayParts {
  database: Database
  log: Log
  limits: RelayLimits
}
