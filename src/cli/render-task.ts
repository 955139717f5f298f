import type { Codebase, Task } from '../http/wire.ts'
import { ago, oneLine, type Output, type Style } from './output.ts'
import { questionText } from './render-event.ts'

const COLORS: Partial<Record<Task['status'], Style>> = {
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
  running: 'cyan',
  waiting: 'magenta',
}

export const statusText = (task: Task) => (task.waitingFor === null ? task.status : `waiting (${task.waitingFor})`)

export function showTasks(tasks: readonly Task[], out: Output): void {
  out.table(
    ['TASK', 'STATUS', 'AGENT', 'AGE', 'TITLE'],
    tasks.map((task) => [task.id, statusText(task), task.agent, ago(task.createdAt), task.title]),
  )
}

/** All of one task that a person wants to know. */
export function showTask(task: Task, out: Output): void {
  const facts: [string, string | null | undefined][] = [
    ['Task', task.id],
    ['Title', oneLine(task.title)],
    ['Status', out.style(COLORS[task.status] ?? 'reset', statusText(task))],
    ['Agent', task.agent],
    ['Conversation', task.conversationId],
    ['Codebase', task.codebaseId],
    ['Attempt', `${task.attempt}, ${task.failures} of at most ${task.maxAttempts} failed`],
    ['Made', `${task.createdAt} (${ago(task.createdAt)} ago)`],
    ['Finished', task.finishedAt],
    ['Branch', task.result?.branch],
    ['Failure', task.failure && oneLine(task.failure.message)],
  ]
  for (const [name, value] of facts) if (value !== null && value !== undefined) out.print(`${name.padEnd(13)} ${value}`)
  if (task.question) out.note(`${questionText(task.question, out)}\nAnswer with: drover task answer ${task.id} "…"`)
  if (task.result && task.result.text !== '') out.write(`\n${task.result.text}\n`)
}

/** How a task that was followed ended, and how to look at what it made. */
export function showEnd(task: Task, codebase: Codebase | undefined, out: Output): void {
  out.print('')
  const seconds =
    task.startedAt === null || task.finishedAt === null
      ? undefined
      : (Date.parse(task.finishedAt) - Date.parse(task.startedAt)) / 1_000
  const after = seconds === undefined ? '' : ` after ${seconds.toFixed(1)} s`
  if (task.status === 'completed') out.print(out.style('green', `✓ Done${after}`))
  else if (task.status === 'cancelled') out.print(out.style('yellow', `✗ Cancelled${after}`))
  else if (task.status === 'failed') {
    out.print(out.style('red', `✗ Failed${after}: ${oneLine(task.failure?.message ?? 'no reason is known')}`))
  } else out.print(`The task is ${statusText(task)}.`)
  showChanges(task, codebase, out)
  const cost = task.result?.spend && costText(task.result.spend)
  if (cost !== undefined) out.print(cost)
  out.note(out.noteStyle('dim', `Task ${task.id}; all of it: drover task logs ${task.id}`))
}

/** Nothing where nothing was counted; what has no price is not free. */
function costText({ usd, inputTokens, outputTokens }: NonNullable<NonNullable<Task['result']>['spend']>) {
  if (usd === null && inputTokens + outputTokens === 0) return undefined
  const money = usd === null ? 'Cost unknown' : `Cost $${usd < 0.01 && usd > 0 ? usd.toFixed(4) : usd.toFixed(2)}`
  return `${money}, ${inputTokens.toLocaleString('en-US')} tokens in, ${outputTokens.toLocaleString('en-US')} out`
}

function showChanges({ result, id }: Task, codebase: Codebase | undefined, out: Output) {
  if (!result) return
  if (result.branch === undefined || result.base === undefined) {
    out.print('No file was changed.')
    return
  }
  const commits = result.commits ?? []
  out.print(
    `Branch ${out.style('bold', oneLine(result.branch))}, ${commits.length} ${commits.length === 1 ? 'commit' : 'commits'}`,
  )
  for (const { sha, subject } of commits) out.print(`  ${sha.slice(0, 10)} ${oneLine(subject)}`)
  if (result.diffStat !== undefined) out.write(`${result.diffStat.trimEnd()}\n`)
  const range = `${result.base.slice(0, 10)}..${result.branch}`
  const isHere = codebase?.url.startsWith('/') === true
  out.print(
    `Look at it:  ${isHere ? `git -C ${codebase.url} diff ${range}` : `git fetch origin ${result.branch} && git diff ${result.base.slice(0, 10)}..FETCH_HEAD`}`,
  )
  out.print(`        or:  drover task diff ${id}`)
}
