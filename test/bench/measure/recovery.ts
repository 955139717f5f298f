import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Candidate } from '../candidates/candidate.ts'
import { drover } from '../candidates/drover.ts'
import { inRounds, onFreshQueue, type Bench, type Figure, type Measurement, type Sample } from '../measurement.ts'
import { JOB_RUNS } from '../worker-to-kill.ts'

const JOBS = 10
const GIVE_UP_MS = 20_000
const PROGRAM = fileURLToPath(new URL('../worker-to-kill.ts', import.meta.url))
const LABEL = 'another worker knows of the death by silence only'

export const recovery: Measurement = {
  name: 'recovery',
  title: `Recovery: kill -9 of a worker with ${JOBS} jobs → all ${JOBS} run in another one`,
  async run(bench) {
    const { sizes, candidates } = bench
    // Its lock lasts four hours by design; once is enough to see that.
    const [never, others] = [
      candidates.filter((candidate) => candidate.name === 'graphile-worker'),
      candidates.filter((candidate) => candidate.name !== 'graphile-worker'),
    ]
    const figures = [
      ...(await inRounds(others, sizes.rounds, (candidate) => samples(bench, candidate))),
      ...(await inRounds(never, 1, (candidate) => samples(bench, candidate))),
    ]
    return figures.map(sayNever)
  },
}

async function samples(bench: Bench, candidate: Candidate): Promise<Sample[]> {
  const result: Sample[] = [{ label: LABEL, unit: 's', value: await recover(bench, candidate, { far: true }) }]
  if (candidate === drover) {
    const value = await recover(bench, candidate, { far: false })
    result.push({ label: 'another worker of the same machine, which sees that the process is gone', unit: 's', value })
  }
  return result
}

const sayNever = (figure: Figure): Figure =>
  Array.isArray(figure.rounds) && figure.rounds.includes(Infinity)
    ? { ...figure, rounds: `not within ${GIVE_UP_MS / 1_000} s` }
    : figure

/** `far`: as if the dead one had been on another machine. Seconds, or Infinity. */
function recover({ server }: Bench, candidate: Candidate, { far }: { far: boolean }): Promise<number> {
  return onFreshQueue({ server }, candidate, 'plain', async (queue, url) => {
    const victim = spawn(process.execPath, [PROGRAM, candidate.name, url], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await queue.addMany(Array.from({ length: JOBS }, (_, number) => ({ number })))
      await linesOf(victim, JOBS)
      if (far && candidate === drover) {
        await server.query({ url }, `update drover.workers set host = 'another-machine' where pid = $1`, [victim.pid])
      }
      const again = new Set<number>()
      const all = Promise.withResolvers<void>()
      const worker = await queue.work(JOBS, async ({ number }) => {
        again.add(number)
        if (again.size === JOBS) all.resolve()
      })
      // Until the second worker has settled into idling.
      await sleep(1_500)
      const killedAt = performance.now()
      victim.kill('SIGKILL')
      const late = sleep(GIVE_UP_MS, 'late' as const, { ref: false })
      const outcome = await Promise.race([all.promise, late])
      const seconds = outcome === 'late' ? Infinity : (performance.now() - killedAt) / 1_000
      await worker.stop()
      return seconds
    } finally {
      victim.kill('SIGKILL')
    }
  })
}

async function linesOf(child: ChildProcess, count: number) {
  if (!child.stdout) throw new Error('the worker has no output')
  let seen = 0
  for await (const line of createInterface(child.stdout)) if (line === JOB_RUNS && ++seen === count) return
  throw new Error('the worker that was to be killed has ended by itself')
}
