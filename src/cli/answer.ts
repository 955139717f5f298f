import { isCancel, select, text } from '@clack/prompts'
import type { Task } from '../http/wire.ts'
import type { Cli } from './cli.ts'
import { oneLine } from './output.ts'

type Question = NonNullable<Task['question']>
/** An answer as the API takes it. */
export type Given = { choice: string } | { text: string }

/** What a person typed, as an answer: a choice by its number, name or id, else a text. */
export function answerFrom(question: Pick<Question, 'choices'> | null, typed: string): Given {
  const words = typed.trim()
  const choices = question?.choices ?? []
  const chosen =
    choices[Number(words) - 1] ??
    choices.find(({ id, label }) => [id.toLowerCase(), label.toLowerCase()].includes(words.toLowerCase()))
  return chosen ? { choice: chosen.id } : { text: words }
}

/** Asks the person at the terminal; undefined where there is none, or none that answers. */
export async function answerByAsking({ out, io }: Cli, question: Question): Promise<Given | undefined> {
  if (!out.canAsk) return undefined
  const message = oneLine(question.title)
  const streams = { input: io.stdin, output: io.stderr }
  if (question.choices.length === 0) {
    const said = await text({ message, ...streams })
    return isCancel(said) || said === undefined ? undefined : { text: said }
  }
  const options = question.choices.map(({ id, label }) => ({ value: id, label: oneLine(label) }))
  const other = { value: undefined, label: 'Something else …' }
  const chosen = await select<string | undefined>({
    message,
    options: question.freeText ? [...options, other] : options,
    ...streams,
  })
  if (isCancel(chosen)) return undefined
  if (chosen !== undefined) return { choice: chosen }
  const said = await text({ message: 'Your answer', ...streams })
  return isCancel(said) || said === undefined ? undefined : { text: said }
}
