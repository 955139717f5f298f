import { graphileWorkerBatched } from '../candidates/graphile-worker.ts'
import { pgBossBatched } from '../candidates/pg-boss.ts'
import { inRounds, onFreshQueue, type Measurement } from '../measurement.ts'
import { drainQueue, HANDLERS } from './drain-queue.ts'

export const drain: Measurement = {
  name: 'drain',
  title: `Drain: jobs that do nothing, no order, ${HANDLERS} handlers`,
  run: ({ server, sizes, candidates }) =>
    inRounds([...candidates, pgBossBatched, graphileWorkerBatched], sizes.rounds, (candidate) =>
      onFreshQueue({ server }, candidate, 'plain', (queue) =>
        drainQueue(
          server,
          queue,
          Array.from({ length: sizes.drained }, (_, number) => ({ number })),
        ),
      ),
    ),
}
