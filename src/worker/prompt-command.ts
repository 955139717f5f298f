import { UserError } from '../lib/errors.ts'
import { expandPrompt } from '../lib/expand-prompt.ts'
import type { Task } from '../tasks/task.ts'
import type { Workspace } from '../workspaces/workspace.ts'

/** The `input.command` of a task that a prompt command made. */
interface PromptCommand {
  name: string
  path: string
  argumentText: string
}

export interface Asked {
  text: string
  /** The plan is all that the work needs of what was said before: a new session, without its tokens. */
  isFresh: boolean
}

/**
 * What a task asks: its prompt, or its prompt command's file as it stands in the workspace, filled in. `earlier`: the
 * conversation's tasks before it, newest first. Only from a plan to its execution a new session begins.
 */
export async function askedBy(task: Task, earlier: readonly Task[], workspace: Workspace): Promise<Asked> {
  const command = commandOf(task)
  if (!command) return { text: task.prompt, isFresh: false }
  const template = await workspace.readFile(command.path)
  if (template === undefined)
    throw new UserError(
      'no-file',
      `The command ${command.name} is the file ${command.path}, which is not in this repository any more. Register it again: /command-set ${command.name} <path>`,
    )
  const plan = resultOf(earlier, isPlan)
  const summary = resultOf(earlier, isExecution)
  const variables = {
    ...(plan !== undefined && { PLAN: plan }),
    ...(summary !== undefined && { IMPLEMENTATION_SUMMARY: summary }),
  }
  const body = template.replace(/^---\r?\n[^]*?\r?\n---\r?\n/, '')
  const text = expandPrompt(body, { argumentText: command.argumentText, variables })
  const before = earlier.map(commandOf).find((each) => each !== undefined)
  const isFresh = isExecution(command) && before !== undefined && isPlan(before)
  const needsPlan = isFresh && plan !== undefined && !/\$(?:PLAN\b|\{PLAN\})/.test(body)
  return { text: needsPlan ? `${text.trimEnd()}\n\nThe plan:\n\n${plan}` : text, isFresh }
}

const commandOf = ({ input }: Task) => input.command as PromptCommand | undefined
const isPlan = ({ name }: PromptCommand) => /^plan(?:$|-)/.test(name)
const isExecution = ({ name }: PromptCommand) => /^execute(?:$|-)/.test(name)

function resultOf(earlier: readonly Task[], is: (command: PromptCommand) => boolean): string | undefined {
  const found = earlier.find((task) => {
    const command = commandOf(task)
    return command !== undefined && is(command) && task.status === 'completed'
  })
  return found?.result?.text
}
