/** `npm run bench:agents`: what a session of each agent costs this machine, alone and beside three others. docs/benchmarks.md has the figures. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Session, Turn } from '../../src/agents/driver.ts'
import type { Fence } from '../../src/workspaces/workspace.ts'
import { openPlace, openTestFence, type TestPlace } from '../conformance-place.ts'
import type { Subject } from '../driver-conformance.ts'
import { installAgents } from './install.ts'
import { startModelServer, type ModelServer } from './model/model-server.ts'
import { SUBJECTS } from './subjects.ts'

const ROUNDS = 3
const AT_ONCE = 4
const LIMITS = { wallMs: 120_000, stallMs: 120_000, outputBytes: 2 * 2 ** 20 }

interface Measured {
  /** From the start of the turn to the agent's first event. */
  firstMs: number
  /** The whole turn: one file written. */
  turnMs: number
  /** Of all its processes when the turn has ended and the session is open; shared pages are counted in part. */
  megabytes: number
  processes: number
}

async function measure(subject: Subject, fence: Fence, model: ModelServer, slot: number): Promise<Measured> {
  await using place = await openPlace(subject, { fence, slot, model: model.listener })
  const session = await openSession(subject, place)
  try {
    const startedAt = performance.now()
    const turn = session.turn(subject.prompts.edit, LIMITS)
    // One-shot programs have ended after their turn: the most that was seen is what counts.
    const watch = watchMemory(place.runId)
    const firstMs = (await firstEvent(turn)) - startedAt
    const outcome = await turn.outcome
    const turnMs = performance.now() - startedAt
    const most = await watch.stop()
    if (outcome.status !== 'done') throw new Error(`${subject.name}: ${JSON.stringify(outcome)}`)
    return { firstMs, turnMs, ...most }
  } finally {
    await session.close()
  }
}

function openSession({ driver, profile }: Subject, place: TestPlace): Promise<Session> {
  const { paths, launch, env, runId } = place
  return driver.open({ profile, paths, launch, env, runId, mcpServers: [] }, { ask: async () => 'park' })
}

/** Reads the turn to its end; settles with the time of its first event. */
async function firstEvent(turn: Turn): Promise<number> {
  let at: number | undefined
  for await (const event of turn) if (event.type !== 'notice') at ??= performance.now()
  return at ?? performance.now()
}

function watchMemory(runId: string) {
  let most = { megabytes: 0, processes: 0 }
  const stopping = new AbortController()
  const look = async () => {
    const now = await memoryOf(runId)
    if (now.megabytes > most.megabytes) most = now
  }
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look()
      await sleep(100, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await looking
      await look()
      return most
    },
  }
}

/** Proportional set size of every process that bears the run's mark. */
async function memoryOf(runId: string): Promise<{ megabytes: number; processes: number }> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      if (!environ.includes(`DROVER_RUN_ID=${runId}`)) return 0
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
      return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0)
    }),
  )
  const kilobytes = sizes.reduce((sum, size) => sum + size, 0)
  return { megabytes: kilobytes / 1024, processes: sizes.filter((size) => size > 0).length }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function main() {
  installAgents(fileURLToPath(new URL('.', import.meta.url)))
  const stateDir = await mkdtemp(join(tmpdir(), 'drover-fence-'))
  const model = await startModelServer()
  const fence = await openTestFence('required', stateDir)
  console.log(
    '| agent | first event, ms | one file written, ms | memory, MB | processes | four at once: each, ms | four at once: memory, MB |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
  try {
    for (const subject of SUBJECTS) {
      const alone: Measured[] = []
      for (let round = 0; round < ROUNDS; round++) alone.push(await measure(subject, fence, model, 80))
      const together = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, n) => measure(subject, fence, model, 80 + n)),
      )
      const cells = [
        median(alone.map(({ firstMs }) => firstMs)),
        median(alone.map(({ turnMs }) => turnMs)),
        median(alone.map(({ megabytes }) => megabytes)),
        median(alone.map(({ processes }) => processes)),
        median(together.map(({ turnMs }) => turnMs)),
        together.reduce((sum, { megabytes }) => sum + megabytes, 0),
      ]
      console.log(`| ${subject.name} | ${cells.map((cell) => Math.round(cell).toLocaleString('en')).join(' | ')} |`)
    }
  } finally {
    await model.stop()
    await rm(stateDir, { recursive: true, force: true })
  }
}

await main()
