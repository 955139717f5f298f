import type { Task } from '../http/wire.ts'
import { answerByAsking, type Given } from './answer.ts'
import type { Cli } from './cli.ts'
import type { Client } from './client.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { patiently } from './patiently.ts'
import { Refused } from './refused.ts'
import { createRenderer, questionText } from './render-event.ts'
import { onInterrupt } from './signals.ts'

export interface Followed {
  task: Task
  exitCode: ExitCode
}

export interface FollowTaskOptions {
  /** No lines for people. */
  quiet?: boolean
  /** Asks the person; `undefined` when there is no answer to be had. Without it the person at the terminal, if there is one. */
  ask?: (question: NonNullable<Task['question']>) => Promise<Given | undefined>
}

/**
 * Shows a task until it ends, or until it waits for somebody who is not there. The first Ctrl-C cancels the task, the second
 * leaves it to end alone.
 */
export async function followTask(
  cli: Cli,
  client: Client,
  started: Task,
  { quiet = false, ask }: FollowTaskOptions = {},
): Promise<Followed> {
  const { out } = cli
  const render = quiet ? () => undefined : createRenderer(out)
  const leaving = new AbortController()
  const note = (text: string) => out.note(out.noteStyle('yellow', text))
  let isInterrupted = false

  const path = `/v1/tasks/${started.id}`
  const stopListening = onInterrupt((timesBefore) => {
    isInterrupted = true
    if (timesBefore > 0) return leaving.abort()
    note('Cancelling. Ctrl-C again leaves at once.')
    // Where it is refused, the task has ended: following shows how.
    patiently(() => client.post(`${path}/cancel`)).catch(() => undefined)
  })
  const onAway = (isAway: boolean) =>
    note(isAway ? 'The service is away; waiting for it to come back. The task is safe.' : 'The service is back.')

  try {
    for await (const { event, seq } of client.events(started.id, { after: 0, signal: leaving.signal, onAway })) {
      // A question is shown where it is asked.
      if (event.type !== 'question') render(event)
      const isAsking = event.type === 'state' && event.to === 'waiting' && event.waitingFor === 'input'
      if (!isAsking || leaving.signal.aborted) continue
      const { question, lastEvent } = await patiently(() => client.get<Task>(path))
      // Only the newest wait can be answered; one that is past was.
      if (!question || lastEvent > seq) continue
      const answer = ask ? await ask(question) : await answerByAsking(cli, question)
      if (answer === undefined) {
        if (!ask) out.note(questionText(question, out))
        note(`It waits for your answer: drover task answer ${started.id} "…"`)
        break
      }
      await sendAnswer(client, path, answer)
    }
  } finally {
    stopListening()
  }
  if (leaving.signal.aborted) {
    note(`Left. The task goes on or ends by itself: drover task show ${started.id}`)
    return { task: started, exitCode: EXIT.interrupted }
  }
  const task = await patiently(() => client.get<Task>(path))
  if (task.status === 'completed') return { task, exitCode: EXIT.done }
  return { task, exitCode: isInterrupted ? EXIT.interrupted : EXIT.failed }
}

async function sendAnswer(client: Client, path: string, answer: Given) {
  await patiently(() => client.post(`${path}/answer`, answer)).catch((error: unknown) => {
    // Somebody else was quicker; the task goes on with that answer.
    if (!(error instanceof Refused) || error.problem.code !== 'task-not-asking') throw error
  })
}
