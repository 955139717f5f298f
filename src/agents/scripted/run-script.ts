import type { PlanEntry, StopReason } from '@agentclientprotocol/sdk'
import type { Step } from './parse-script.ts'
import { runStep } from './run-step.ts'
import type { Progress } from './session-store.ts'
import type { Stage } from './stage.ts'

/** Runs the steps from `progress.next` on. Throws where a step fails; the progress then stays at that step. */
export async function runScript(steps: readonly Step[], progress: Progress, stage: Stage): Promise<StopReason> {
  let reports: { text: string; isBad: boolean }[] = []
  const showPlan = async (isFinished: boolean) => {
    const entries = planAt(steps, progress.next, isFinished)
    if (entries) await stage.tell({ sessionUpdate: 'plan', entries })
  }

  for (let step = steps[progress.next]; step; step = steps[progress.next]) {
    const end = await runStep(step, progress, stage)
    if (end.type === 'waiting') {
      progress.waitingFor = end.waitingFor
      return 'cancelled'
    }
    if (stage.signal.aborted) return 'cancelled'
    if (end.type === 'refused') return 'refusal'
    delete progress.change
    progress.next += 1
    stage.keep()
    // Whoever wrote a `say` said himself what was done; what went wrong is told in any case.
    if (step.verb === 'say') reports = reports.filter(({ isBad }) => isBad)
    if (end.report !== undefined) reports.push({ text: end.report, isBad: end.isBad ?? false })
    if (step.verb === 'plan' || isWork(step)) await showPlan(false)
    if (end.type === 'over') break
  }
  if (progress.next >= steps.length) await showPlan(true)
  if (reports.length > 0) await stage.say(reports.map(({ text }) => text).join('\n'))
  return 'end_turn'
}

/** The last plan before step `next`; each step of work behind it finishes one of its items. */
function planAt(steps: readonly Step[], next: number, isFinished: boolean): PlanEntry[] | undefined {
  const before = steps.slice(0, next)
  const at = before.findLastIndex(({ verb }) => verb === 'plan')
  const plan = before[at]
  if (plan?.verb !== 'plan') return undefined
  const done = isFinished ? plan.items.length : before.slice(at).filter(isWork).length
  return plan.items.map((content, index) => ({
    content,
    priority: 'medium',
    status: index < done ? 'completed' : index === done ? 'in_progress' : 'pending',
  }))
}

function isWork({ verb }: Step): boolean {
  return verb !== 'plan' && verb !== 'say' && verb !== 'recall' && verb !== 'files'
}
