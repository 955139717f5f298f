import type { Ask, Outcome } from '../agents/driver.ts'
import type { Task } from '../tasks/task.ts'
import type { Approval } from './decide-ask.ts'

/** What a later run of the same task must know. */
export interface Checkpoint {
  /** The turn is over; what is left is commit and push. */
  turn?: Outcome
  /** What the turn ended with, for a person to answer. */
  question?: Ask
  /** The turn ended to wait for the tasks that it had made. */
  children?: boolean
  /** The prompt that a session of the agent has seen. */
  begun?: string
  /** Ids of the files that the agent had been told of when its turn ended to wait: it need not be told of them with the answer. */
  hadFiles?: string[]
}

export interface Prompt {
  /** Tells one prompt of a task from another. */
  key: string
  text: string
  approval?: Approval
}

interface Answer {
  choice?: string
  text?: string
}

/** The key of the task's own prompt. */
export const FIRST = 'prompt'

/** What the agent is told in this run: the task's prompt, a person's answer, what became of its tasks, or to go on. */
export function nextPrompt(task: Task, { question, children, begun }: Checkpoint, childTasks: readonly Task[]): Prompt {
  const answer = task.input.answer as Answer | undefined
  const prompt =
    question && answer
      ? answered(question, answer)
      : children === true
        ? { key: `children ${childTasks.length}`, text: tellOfChildren(childTasks) }
        : { key: FIRST, text: task.prompt }
  return begun === prompt.key ? { ...prompt, text: goOn(prompt.text) } : prompt
}

function answered(question: Ask, answer: Answer): Prompt {
  const key = `answer ${question.id}`
  const text = promptFromAnswer(question, answer)
  return question.kind === 'permission' && answer.choice !== undefined
    ? { key, text, approval: { title: question.title, choice: answer.choice } }
    : { key, text }
}

/** What the agent is told once a person has answered its question. */
function promptFromAnswer(question: Pick<Ask, 'kind' | 'title' | 'choices'>, answer: Answer): string {
  const chosen = question.choices.find((choice) => choice.id === answer.choice)
  if (question.kind === 'question') return answer.text ?? chosen?.label ?? ''
  const allowed = chosen !== undefined && chosen.effect !== 'deny'
  return allowed ? `Allowed: ${question.title}. Go on.` : `Not allowed: ${question.title}. Go on without it.`
}

const CHILD_CHARACTERS = 2_000

function tellOfChildren(tasks: readonly Task[]): string {
  const told = tasks.map(({ id, title, status, result, failure }) =>
    [
      `- ${title} (${id}): ${status}`,
      result && result.text.slice(0, CHILD_CHARACTERS),
      result?.branch !== undefined && `  Branch: ${result.branch}`,
      failure?.message,
    ]
      .filter(Boolean)
      .join('\n'),
  )
  return `The tasks that you made have ended:\n\n${told.join('\n')}\n\nGo on.`
}

/** A session that has seen its prompt must not do the work a second time. */
function goOn(prompt: string): string {
  return `You were interrupted in the middle of this. Look at what is done already (git status, git diff, git log), then finish it; do nothing twice. What was asked:\n\n${prompt}`
}
