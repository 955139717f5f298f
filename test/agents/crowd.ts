/** How many sessions of one agent a machine has the memory for: not computed, but started. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session, Turn } from '../../src/agents/driver.ts'
import type { Fence } from '../../src/workspaces/workspace.ts'
import { openPlace } from '../conformance-place.ts'
import type { Subject } from '../driver-conformance.ts'
import type { ModelServer } from './model/model-server.ts'
import { LIMITS, memoryOf, openSession } from './session-cost.ts'

const STEPS = [4, 8, 12, 16, 20, 24]
const FIRST_SLOT = 100
/** Longer than a step takes. */
const SECONDS = '600'
/** What the machine has to keep: whichever is more. A machine that swaps, or kills, is no use to anybody on it. */
const KEPT = { share: 0.15, megabytes: 4096 }

export interface CrowdStep {
  atOnce: number
  /** From the first start until all of them were in the middle of a turn, a command of theirs running. */
  startMs: number
  /** Available memory of the machine: before, and at its least. */
  beforeMegabytes: number
  leastMegabytes: number
  /** Of all their processes while all of them are at work. */
  pssMegabytes: number
}

/** Steps that were held; the one that went below what the machine has to keep is ended at once, and is the last. */
export async function* measureCrowd(subject: Subject, fence: Fence, model: ModelServer): AsyncGenerator<CrowdStep> {
  for (const atOnce of STEPS) {
    const step = await startAtOnce(subject, fence, model, atOnce)
    yield step
    if (step.leastMegabytes < (await keptMegabytes())) return
  }
}

/** What the machine has to keep. */
export async function keptMegabytes(): Promise<number> {
  return Math.max((await memoryInfo('MemTotal')) * KEPT.share, KEPT.megabytes)
}

async function startAtOnce(subject: Subject, fence: Fence, model: ModelServer, atOnce: number): Promise<CrowdStep> {
  await using open = new AsyncDisposableStack()
  const members: { runId: string; session: Session }[] = []
  for (let n = 0; n < atOnce; n++) {
    const place = open.use(await openPlace(subject, { fence, slot: FIRST_SLOT + n, model: model.listener }))
    const session = await openSession(subject, place)
    open.defer(() => session.close())
    members.push({ runId: place.runId, session })
  }
  const beforeMegabytes = await memoryInfo('MemAvailable')
  const startedAt = performance.now()
  const turns = members.map(({ session }) => follow(session.turn(subject.prompts.sleep(SECONDS), LIMITS)))
  const stopAll = () => turns.forEach(({ cancel }) => cancel())
  const watch = watchAvailable(await keptMegabytes(), stopAll)
  await Promise.all(turns.map(({ atWork }) => atWork))
  const startMs = performance.now() - startedAt
  const { megabytes: pssMegabytes } = await memoryOf(members.map(({ runId }) => runId))
  const leastMegabytes = await watch.stop()
  stopAll()
  const outcomes = await Promise.all(turns.map(({ outcome }) => outcome))
  const failed = outcomes.find(({ status }) => status !== 'cancelled')
  if (failed) throw new Error(`${subject.name}, ${atOnce} at once: ${JSON.stringify(failed)}`)
  return { atOnce, startMs, beforeMegabytes, leastMegabytes, pssMegabytes }
}

/** `atWork` settles when its command runs, or when the turn has ended without it. */
function follow(turn: Turn) {
  const { promise: atWork, resolve } = Promise.withResolvers<void>()
  const read = async () => {
    for await (const event of turn) if (event.type === 'tool' && event.state === 'running') resolve()
    resolve()
    return turn.outcome
  }
  return { atWork, outcome: read(), cancel: () => turn.cancel() }
}

/** Calls `tooLittle` once when less than this is available. */
function watchAvailable(keptMegabytes: number, tooLittle: () => void) {
  let least = Infinity
  const stopping = new AbortController()
  const look = async () => {
    const available = await memoryInfo('MemAvailable')
    if (available < keptMegabytes && least >= keptMegabytes) tooLittle()
    least = Math.min(least, available)
  }
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look()
      await sleep(50, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    /** Returns the least that was seen. */
    async stop() {
      stopping.abort()
      await looking
      await look()
      return least
    },
  }
}

async function memoryInfo(name: 'MemTotal' | 'MemAvailable'): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8')
  return Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) / 1024
}
