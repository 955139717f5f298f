import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { StepFailed } from './failures.ts'
import type { Step } from './parse-script.ts'
import type { Progress } from './session-store.ts'
import { NOBODY, type Stage } from './stage.ts'

type ChangeStep = Extract<Step, { path: string }>

/** Writes, appends to or replaces in a file, after a person has said yes. */
export async function changeFile(
  step: ChangeStep,
  progress: Progress,
  stage: Stage,
): Promise<'yes' | 'no' | typeof NOBODY> {
  const path = inside(stage.workspace, step.path)
  const before = readIfThere(path)
  // Cut off in the middle of this very step: the change is known, making it anew could make it twice.
  const text = progress.change?.path === path ? progress.change.text : textAfter(step, before)
  const toolCallId = randomUUID()
  const title = `${step.verb} ${relative(stage.workspace, path)}`
  const tool = {
    toolCallId,
    title,
    kind: 'edit' as const,
    status: 'pending' as const,
    content: [{ type: 'diff' as const, path, oldText: before, newText: text }],
    locations: [{ path }],
  }
  await stage.tell({ sessionUpdate: 'tool_call', ...tool })
  const permission = await stage.permit(tool)
  if (permission === 'yes' && !stage.signal.aborted) {
    progress.change = { path, text }
    stage.keep()
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  const status = permission === 'yes' ? 'completed' : 'failed'
  await stage.tell({ sessionUpdate: 'tool_call_update', toolCallId, status })
  return permission
}

function textAfter(step: ChangeStep, before: string | null): string {
  switch (step.verb) {
    case 'write':
      return step.text
    case 'append':
      return (before ?? '') + step.text
    case 'replace':
      if (before === null) throw new StepFailed(`There is no file ${step.path} to replace something in.`)
      if (!before.includes(step.oldText)) throw new StepFailed(`${step.path} does not contain “${step.oldText}”.`)
      return before.replaceAll(step.oldText, () => step.newText)
  }
}

function inside(workspace: string, path: string): string {
  const whole = resolve(workspace, path)
  if (!whole.startsWith(workspace + sep)) throw new StepFailed(`${path} lies outside the workspace.`)
  return whole
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new StepFailed(`${path} cannot be read (${code}).`, { cause: error })
  }
}
