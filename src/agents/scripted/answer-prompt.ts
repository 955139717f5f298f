import type { StopReason } from '@agentclientprotocol/sdk'
import { StepFailed } from './failures.ts'
import { parseScript } from './parse-script.ts'
import { runScript } from './run-script.ts'
import type { Progress, ScriptedSession } from './session-store.ts'
import { TurnStopped, type Stage } from './stage.ts'
import { surveyOf } from './survey.ts'

/** Drover tells agents more than the person said: what happened before, and that they were interrupted. No step is in that. */
const PREAMBLE =
  /^(?:You take over a conversation[\s\S]*?\n\nNow:\n\n)?(?:You were interrupted[\s\S]*?What was asked:\n\n)?/

/** What is said in the middle of a script is the next one. */
const STEERED = /^While you worked on this, you were told:\n\n([\s\S]*)\n\nLook at what is done already[\s\S]*$/

/** One prompt: a new script, the answer to a question that was left open, or the same script after a crash. */
export async function answerPrompt(session: ScriptedSession, told: string, stage: Stage): Promise<StopReason> {
  const prompt = told.replace(PREAMBLE, '').replace(STEERED, '$1')
  const left = session.progress
  const isAnswer = left?.waitingFor !== undefined
  const progress: Progress = left && (isAnswer || left.prompt === prompt) ? left : { prompt, next: 0 }
  const script = parseScript(progress.prompt)
  switch (script.type) {
    case 'mistake':
      throw new StepFailed(script.sentence)
    case 'free text':
      await stage.say(surveyOf(stage.workspace))
      return 'end_turn'
    case 'steps':
  }

  if (progress !== left && script.leftAside.length > 0) {
    await stage.say(`Left aside, because they are no steps: ${script.leftAside.map((line) => `“${line}”`).join(', ')}`)
  }
  if (progress === left && !isAnswer) {
    await stage.say(`I was interrupted; going on at step ${left.next + 1} of ${script.steps.length}.`)
  }
  session.progress = progress
  const late = takeLateAnswer(progress, prompt)
  const reason = await runScript(script.steps, progress, late ? answering(stage, late) : stage).catch(
    (error: unknown): StopReason => {
      if (error instanceof TurnStopped) return 'cancelled'
      throw error
    },
  )
  // What was stopped can be gone on with: a worker that has to leave stops its agents, and another takes their work.
  if (reason !== 'cancelled') delete session.progress
  return reason
}

type LateAnswer = { answer: string } | { permission: 'yes' | 'no' }

function takeLateAnswer(progress: Progress, prompt: string): LateAnswer | undefined {
  const { waitingFor } = progress
  delete progress.waitingFor
  if (waitingFor === undefined) return undefined
  if (waitingFor === 'answer') return { answer: prompt.trim() }
  if (/^\s*(not\b|no\b|den(y|ied)\b|reject)/i.test(prompt)) return { permission: 'no' }
  if (/^\s*(allow|yes\b|ok\b|approve)/i.test(prompt)) return { permission: 'yes' }
  // Neither a yes nor a no: the step asks again.
  return undefined
}

/** The first question gets the answer that a person gave meanwhile; the next ones are asked. */
function answering(stage: Stage, late: LateAnswer): Stage {
  let isUsed = false
  const use = () => {
    const first = !isUsed
    isUsed = true
    return first
  }
  return {
    ...stage,
    permit: async (tool) => ('permission' in late && use() ? late.permission : stage.permit(tool)),
    ask: async (question, choices) => ('answer' in late && use() ? late : stage.ask(question, choices)),
  }
}
