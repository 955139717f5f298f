import { drover } from './drover.ts'
import { graphileWorker } from './graphile-worker.ts'
import { pgBoss } from './pg-boss.ts'

/** Ours first: the report divides by the others. */
export const CANDIDATES = [drover, pgBoss, graphileWorker]
