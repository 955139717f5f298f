import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { changeFile } from './change-file.ts'
import { errorFor } from './failures.ts'
import type { Failure, Step } from './parse-script.ts'
import { runCommand } from './run-command.ts'
import type { Progress } from './session-store.ts'
import { NOBODY, type Stage } from './stage.ts'

type Waiting = NonNullable<Progress['waitingFor']>

/** `over`: the steps behind it make no sense any more. `waiting`: a person must answer first. */
export type StepEnd =
  | { type: 'done' | 'over'; report?: string; isBad?: boolean }
  | { type: 'refused' }
  | { type: 'waiting'; waitingFor: Waiting }

const DID = { write: 'Wrote', append: 'Appended to', replace: 'Changed' }

/** Does one step. Throws `StepFailed`, or the failure that the step plays. */
export async function runStep(step: Step, progress: Progress, stage: Stage): Promise<StepEnd> {
  switch (step.verb) {
    case 'say':
      await stage.say(step.text)
      return { type: 'done' }
    case 'recall':
      await stage.say(stage.recall())
      return { type: 'done' }
    case 'files':
      return { type: 'done', report: stage.files() }
    case 'plan':
      return { type: 'done' }
    case 'sleep':
      await sleepUntilAborted(step.ms, stage.signal)
      return { type: 'done' }
    case 'ask': {
      const reply = await stage.ask(step.question, step.choices)
      if (reply === NOBODY) return { type: 'waiting', waitingFor: 'answer' }
      return { type: 'done', report: `You answered: ${reply.answer}` }
    }
    case 'write':
    case 'append':
    case 'replace': {
      const permission = await changeFile(step, progress, stage)
      return endAfter(permission, `${step.verb} ${step.path}`, `${DID[step.verb]} ${step.path}.`)
    }
    case 'run':
      return runCommandStep(step.command, stage)
    case 'call':
      return callStep(step, stage)
    case 'fail':
      if (step.once) {
        progress.next += 1
        stage.keep()
      }
      return play(step.failure, stage.signal)
  }
}

async function runCommandStep(command: string, stage: Stage): Promise<StepEnd> {
  const toolCallId = randomUUID()
  const tool = { toolCallId, title: command, kind: 'execute' as const, rawInput: { command } }
  await stage.tell({ sessionUpdate: 'tool_call', status: 'pending', ...tool })
  const permission = await stage.permit(tool)
  if (permission !== 'yes') {
    await stage.tell({ sessionUpdate: 'tool_call_update', toolCallId, status: 'failed' })
    return endAfter(permission, command, '')
  }
  const tellAlive = () => stage.tell({ sessionUpdate: 'tool_call_update', toolCallId, status: 'in_progress' })
  await tellAlive()
  const { output, exit } = await runCommand(command, stage.workspace, stage.signal, () => void tellAlive())
  await stage.tell({
    sessionUpdate: 'tool_call_update',
    toolCallId,
    status: exit === 0 ? 'completed' : 'failed',
    content: [{ type: 'content', content: { type: 'text', text: output } }],
  })
  if (exit === 0) return { type: 'done', report: `Ran \`${command}\`.` }
  // What follows was written in the belief that this works: "say All tests pass" would be a lie.
  return { type: 'over', report: `\`${command}\` ended with ${exit}: I stopped there.`, isBad: true }
}

async function callStep({ server, tool, input }: Extract<Step, { verb: 'call' }>, stage: Stage): Promise<StepEnd> {
  const toolCallId = randomUUID()
  const title = `${server}: ${tool}`
  const call = { toolCallId, title, kind: 'other' as const, rawInput: input }
  await stage.tell({ sessionUpdate: 'tool_call', status: 'pending', ...call })
  const end = async (status: 'completed' | 'failed', text = '') =>
    stage.tell({
      sessionUpdate: 'tool_call_update',
      toolCallId,
      status,
      content: [{ type: 'content', content: { type: 'text', text } }],
    })
  const permission = await stage.permit(call)
  if (permission !== 'yes') {
    await end('failed')
    return endAfter(permission, title, '')
  }
  await stage.tell({ sessionUpdate: 'tool_call_update', toolCallId, status: 'in_progress' })
  const { text, isError } = await stage.call(server, tool, input)
  await end(isError ? 'failed' : 'completed', text)
  if (!isError) return { type: 'done', report: `\`${tool}\` said: ${text}` }
  return { type: 'over', report: `\`${tool}\` failed, I stopped there: ${text}`, isBad: true }
}

function endAfter(permission: 'yes' | 'no' | typeof NOBODY, what: string, report: string): StepEnd {
  switch (permission) {
    case 'yes':
      return { type: 'done', report }
    case 'no':
      return { type: 'done', report: `Not allowed: ${what}.`, isBad: true }
    case NOBODY:
      return { type: 'waiting', waitingFor: 'permission' }
  }
}

async function play(failure: Failure, signal: AbortSignal): Promise<StepEnd> {
  if (failure === 'crash') process.exit(70)
  if (failure === 'refusal') return { type: 'refused' }
  if (failure !== 'stall') throw errorFor(failure)
  await sleepUntilAborted(2 ** 31 - 1, signal)
  return { type: 'done' }
}

async function sleepUntilAborted(ms: number, signal: AbortSignal): Promise<void> {
  // The abort is no failure: the script ends because of it.
  await sleep(ms, undefined, { signal }).catch(() => {})
}
