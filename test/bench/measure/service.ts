import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../src/lib/errors.ts'
import { drover } from '../candidates/drover.ts'
import { inRounds, type Measurement } from '../measurement.ts'
import { residentMegabytes, startService } from '../service-process.ts'

const LABEL = 'from `up` to GET /livez, on an existing data folder'

/** Drover only: the others are libraries. */
export const service: Measurement = {
  name: 'service',
  title: 'The service: start and rest',
  async run({ sizes }) {
    const home = await mkdtemp(join(tmpdir(), 'drover-bench-home-'))
    await chmod(home, 0o755)
    try {
      const first = await startService(home)
      await first.stop()
      const restarts = await inRounds([drover], sizes.rounds, async () => {
        const { readyMs, pid, stop } = await startService(home)
        await sleep(sizes.idleMs)
        const memory = await residentMegabytes(pid)
        await stop()
        return [
          { label: LABEL, unit: 'ms', value: readyMs },
          { label: 'resident memory of the service at rest, beside PostgreSQL', unit: 'MB', value: memory },
        ]
      })
      const firstFigure = { label: 'the same, on a new one', unit: 'ms' as const, candidate: drover.name }
      return [...restarts, { ...firstFigure, rounds: [first.readyMs] }]
    } catch (error) {
      return [{ label: LABEL, unit: 'ms', candidate: drover.name, rounds: `skipped: ${messageOf(error)}` }]
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  },
}
