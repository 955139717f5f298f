import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session, Turn } from '../../src/agents/driver.ts'
import type { Fence } from '../../src/workspaces/workspace.ts'
import { openPlace, type TestPlace } from '../conformance-place.ts'
import type { Subject } from '../driver-conformance.ts'
import type { ModelServer } from './model/model-server.ts'

export const LIMITS = { wallMs: 120_000, stallMs: 120_000, outputBytes: 2 * 2 ** 20 }

export interface Memory {
  /** Proportional set size: pages that several share are counted in part. */
  megabytes: number
  processes: number
}

/** At its most while the turn ran. */
export interface SessionCost extends Memory {
  /** From the start of the turn to the agent's first event. */
  firstMs: number
  /** The whole turn: one file written. */
  turnMs: number
}

/** One session with one turn, in a sandbox of its own. No two that run at once share a slot. */
export async function measureSession(
  subject: Subject,
  fence: Fence,
  model: ModelServer,
  slot: number,
): Promise<SessionCost> {
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

export function openSession({ driver, profile }: Subject, place: TestPlace): Promise<Session> {
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
  let most: Memory = { megabytes: 0, processes: 0 }
  const stopping = new AbortController()
  const look = async () => {
    const now = await memoryOf([runId])
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

/** Of every process that bears the mark of one of these runs. */
export async function memoryOf(runIds: readonly string[]): Promise<Memory> {
  const marks = runIds.map((runId) => `DROVER_RUN_ID=${runId}\0`)
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      if (!marks.some((mark) => environ.includes(mark))) return 0
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
      return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0)
    }),
  )
  const kilobytes = sizes.reduce((sum, size) => sum + size, 0)
  return { megabytes: kilobytes / 1024, processes: sizes.filter((size) => size > 0).length }
}
