import type { Outcome, Spend } from '../agents/driver.ts'
import type { Database } from '../db/connect.ts'
import { asSystem, onceAsSystem, type Db } from '../db/scope.ts'
import { startLoop } from '../lib/loop.ts'
import { moveAttachments } from '../events/artifact-store.ts'
import type { Running } from '../lib/running.ts'
import { listSteers, noteTold } from '../tasks/steer-store.ts'
import { enqueueTask, holdFence } from '../tasks/store.ts'
import { runOf, titleOf, type Task } from '../tasks/task.ts'

const POLL_MS = 2_000
/** Before the first of them. */
export const NOTHING_HEARD = 0

/** Calls `onSaid` once somebody has said something to the agent, after number `afterSeq`, in the middle of its turn. */
export function hearSteers(database: Database, { id }: Task, afterSeq: number, onSaid: () => void): Running {
  let hasHeard = false
  async function look() {
    if (hasHeard || (await onceAsSystem(database, (db) => listSteers(db, id, afterSeq))).length === 0) return
    hasHeard = true
    onSaid()
  }
  // A word that is lost is found by the next look.
  const polling = startLoop(POLL_MS, look, () => undefined)
  const stopListening = database.listener.on('drover_steer', (taskId) => {
    if (taskId === id) look().catch(() => undefined)
  })
  return {
    async stop() {
      stopListening()
      await polling.stop()
    },
  }
}

/** The next prompt of the same session, and the number of the last that is in it. */
export interface SteerPrompt {
  text: string
  seq: number
}

/**
 * After a turn that has heard what was said up to `heardSeq`: that counts as told now, not before, so that a run that is lost in
 * its middle is told again. Undefined where nothing more was said.
 */
export async function nextSteerPrompt(
  database: Database,
  task: Task,
  heardSeq: number,
): Promise<SteerPrompt | undefined> {
  const said = await asSystem(database, async (db) => {
    await holdFence(db, runOf(task))
    await noteTold(db, task.id, heardSeq)
    return listSteers(db, task.id, heardSeq)
  })
  const last = said.at(-1)
  if (!last) return undefined
  const words = said.map(({ text }) => text).join('\n\n')
  const text = `While you worked on this, you were told:\n\n${words}\n\nLook at what is done already, do nothing twice, and go on with that in mind.`
  return { text, seq: last.seq }
}

/** What nobody told the agent any more is not lost: it becomes a task of its own. The caller holds the fence. */
export async function queueUntold(db: Db, task: Task): Promise<void> {
  const left = await listSteers(db, task.id, NOTHING_HEARD)
  const [first] = left
  const last = left.at(-1)
  if (!first || !last) return
  await noteTold(db, task.id, last.seq)
  const prompt = left.map(({ text }) => text).join('\n\n')
  const { id } = await enqueueTask(db, {
    orgId: task.orgId,
    agent: task.agent,
    title: titleOf(prompt),
    prompt,
    ...(task.lane !== null && { lane: task.lane }),
    ...(task.conversationId !== null && { conversationId: task.conversationId }),
    ...(task.codebaseId !== null && { codebaseId: task.codebaseId }),
    ...(last.createdBy !== null && { createdBy: last.createdBy }),
  })
  await moveAttachments(db, { from: task.id, since: first.createdAt, to: id })
}

/** Two turns of one session as one: what was said and spent in both, and how the second ended. */
export function joined(first: Outcome | undefined, second: Outcome): Outcome {
  if (!first) return second
  return {
    ...second,
    text: [first.text, second.text].filter((text) => text.trim() !== '').join('\n\n'),
    durationMs: first.durationMs + second.durationMs,
    spend: addSpend(first.spend, second.spend),
  }
}

function addSpend(one: Spend, two: Spend): Spend {
  return {
    inputTokens: one.inputTokens + two.inputTokens,
    outputTokens: one.outputTokens + two.outputTokens,
    cacheReadTokens: one.cacheReadTokens + two.cacheReadTokens,
    cacheWriteTokens: one.cacheWriteTokens + two.cacheWriteTokens,
    reasoningTokens: one.reasoningTokens + two.reasoningTokens,
    // A sum of which a part is unknown is unknown.
    usd: one.usd === null || two.usd === null ? null : one.usd + two.usd,
    basis: one.basis === two.basis ? one.basis : 'unknown',
  }
}
