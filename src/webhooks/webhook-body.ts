import type { Question } from '../events/event.ts'
import { clipMiddle } from '../lib/clip-text.ts'
import type { Task } from '../tasks/task.ts'
import type { WebhookEvent } from './webhook.ts'

/** What is kept with the delivery: which event, and when it happened. */
export interface WebhookContent {
  type: WebhookEvent
  at: string
}

/** UTF-16 units of an answer or a diffstat; with the worst escaping the body stays under a million of them. */
const MOST_TEXT = 100_000
const MOST_DIFF_STAT = 20_000

/** The body of a notice, as JSON: the event, and the task as it is now, which may be further than the event. */
export function webhookBody({ type, at }: WebhookContent, task: Task, question?: Question): string {
  const { result, failure } = task
  return JSON.stringify({
    type,
    timestamp: new Date(at).toISOString(),
    data: {
      id: task.id,
      title: task.title,
      status: task.status,
      waitingFor: task.waitingFor,
      agent: task.agent,
      codebaseId: task.codebaseId,
      conversationId: task.conversationId,
      result: result && {
        text: clipMiddle(result.text, MOST_TEXT),
        branch: result.branch ?? null,
        head: result.head ?? null,
        diffStat: result.diffStat === undefined ? null : clipMiddle(result.diffStat, MOST_DIFF_STAT),
      },
      failure,
      question: task.waitingFor === 'input' ? (question ?? null) : null,
    },
  })
}
