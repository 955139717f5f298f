/** Our records as they go over the wire. What is for Drover alone (org, checkpoint, lane) stays here. */
import type { Codebase } from '../codebases/codebase.ts'
import type { Conversation, Message } from '../conversations/conversation.ts'
import { textOf, type Delivery } from '../deliveries/delivery.ts'
import type { ArtifactEntry } from '../events/artifact-store.ts'
import type { TaskEvent } from '../events/event.ts'
import type { Said } from '../inbox/inbox.ts'
import type { RoomEntry } from '../inbox/room.ts'
import type { Identity } from '../orgs/member.ts'
import type { ApiKey } from '../orgs/store.ts'
import type { ChannelState } from '../places/channel-store.ts'
import type { Schedule } from '../schedules/schedule.ts'
import type { Task } from '../tasks/task.ts'
import type { Worker } from '../tasks/worker-store.ts'
import type { Budget } from '../usage/budget.ts'
import type { Hook } from '../webhooks/hook.ts'
import type { Subscription } from '../webhooks/webhook.ts'
import type { AgentStatus } from './parts.ts'
import type { Question } from './wire-events.ts'
import type * as Wire from './wire.ts'

const time = (date: Date) => date.toISOString()
const timeOrNull = (date: Date | null) => date?.toISOString() ?? null

export const taskToWire = (task: Task, question: Question | null): Wire.Task => ({
  id: task.id,
  status: task.status,
  waitingFor: task.waitingFor,
  question,
  title: task.title,
  prompt: task.prompt,
  kind: task.kind,
  agent: task.agent,
  workerType: task.workerType,
  priority: task.priority,
  runAt: time(task.runAt),
  attempt: task.attempt,
  failures: task.failures,
  maxAttempts: task.maxAttempts,
  cancelRequested: task.cancelRequested,
  parentId: task.parentId,
  conversationId: task.conversationId,
  codebaseId: task.codebaseId,
  result: task.result,
  failure: task.failure,
  lastEvent: task.lastEvent,
  createdBy: task.createdBy,
  correlationId: task.correlationId,
  createdAt: time(task.createdAt),
  startedAt: timeOrNull(task.startedAt),
  finishedAt: timeOrNull(task.finishedAt),
})

export const eventToWire = ({ taskId, seq, attempt, at, event }: TaskEvent): Wire.TaskEvent => ({
  taskId,
  seq,
  attempt,
  at: time(at),
  event,
})

export const artifactToWire = ({ createdAt, ...entry }: ArtifactEntry): Wire.Artifact => ({
  ...entry,
  createdAt: time(createdAt),
})

export const codebaseToWire = ({ id, name, url, defaultBranch, createdAt }: Codebase): Wire.Codebase => ({
  id,
  name,
  url,
  defaultBranch,
  createdAt: time(createdAt),
})

export const conversationToWire = (conversation: Conversation): Wire.Conversation => ({
  id: conversation.id,
  title: conversation.title,
  codebaseId: conversation.codebaseId,
  agent: conversation.agent,
  branch: conversation.branch,
  createdAt: time(conversation.createdAt),
})

export const messageToWire = (message: Message): Wire.ConversationWithMessages['messages'][number] => ({
  ...message,
  createdAt: time(message.createdAt),
})

export const scheduleToWire = ({ orgId: _orgId, ...schedule }: Schedule): Wire.Schedule => ({
  ...schedule,
  nextRunAt: time(schedule.nextRunAt),
  lastRunAt: timeOrNull(schedule.lastRunAt),
})

export const budgetToWire = (budget: Budget): Wire.Budget => ({
  id: budget.id,
  scope: budget.scope,
  key: budget.key,
  name: budget.name,
  period: budget.period,
  maxUsd: budget.maxUsd,
  maxCalls: budget.maxCalls,
  maxTokens: budget.maxTokens,
  spent: budget.spent,
  createdAt: time(budget.createdAt),
})

export const apiKeyToWire = (key: ApiKey): Wire.ApiKey => ({
  id: key.id,
  name: key.name,
  createdAt: time(key.createdAt),
  lastUsedAt: timeOrNull(key.lastUsedAt),
})

export const agentToWire = (agent: AgentStatus, pausedUntil?: Date): Wire.Agent => ({
  name: agent.name,
  title: agent.title,
  driver: agent.driver,
  installed: agent.installed,
  auth: agent.auth,
  selected: agent.selected,
  shortcomings: agent.shortcomings,
  ...(pausedUntil && { pausedUntil: time(pausedUntil) }),
  ...(agent.version !== undefined && { version: agent.version }),
  ...(agent.hint !== undefined && { hint: agent.hint }),
})

export const workerToWire = (worker: Worker): Wire.Worker => ({
  id: worker.id,
  host: worker.host,
  pid: worker.pid,
  types: worker.types,
  concurrency: worker.concurrency,
  version: worker.version,
  draining: worker.draining,
  startedAt: time(worker.registeredAt),
  heartbeatAt: time(worker.heartbeatAt),
})

export const saidToWire = ({ event, ...said }: Said): Wire.Said => ({
  id: said.id,
  key: said.key,
  type: event.type,
  place: event.place,
  actor: { id: event.actor.id, name: event.actor.name },
  // What was not for Drover is kept without its words.
  text: event.type === 'message' && 'text' in event ? event.text : null,
  link: said.link,
  status: said.status,
  tries: said.tries,
  verdict: said.verdict,
  reason: said.reason,
  taskId: said.taskId,
  conversationId: said.conversationId,
  receivedAt: time(said.receivedAt),
  handledAt: timeOrNull(said.handledAt),
})

export const deliveryToWire = ({ place: { id: _id, ...place }, ...delivery }: Delivery): Wire.Delivery => ({
  id: delivery.id,
  place,
  kind: delivery.kind,
  status: delivery.status,
  text:
    delivery.shown.length === 0 && typeof delivery.content.markdown === 'string'
      ? delivery.content.markdown
      : delivery.shown.map(textOf).join('\n'),
  messageIds: delivery.messageIds,
  conversationId: delivery.conversationId,
  taskId: delivery.taskId,
  questionId: delivery.questionId,
  tries: delivery.tries,
  error: delivery.error,
  createdAt: time(delivery.createdAt),
  endedAt: timeOrNull(delivery.endedAt),
})

export const channelToWire = ({ changedAt, ...channel }: ChannelState): Wire.Channel => ({
  ...channel,
  changedAt: time(changedAt),
})

export const webhookToWire = (subscription: Subscription): Wire.Webhook => ({
  ...subscription,
  createdAt: time(subscription.createdAt),
  disabledAt: timeOrNull(subscription.disabledAt),
})

export const hookToWire = ({ orgId: _orgId, ...hook }: Hook): Wire.Hook => ({
  ...hook,
  path: `/webhooks/in/${hook.id}`,
  createdAt: time(hook.createdAt),
})

/** Members, each with the accounts that are theirs. */
export function peopleToWire(identities: readonly Identity[]): Wire.Person[] {
  const byMember = Map.groupBy(identities, ({ member }) => member.id)
  return [...byMember.values()].map((own) => {
    const { id, name, role } = (own[0] as Identity).member
    return {
      id,
      name,
      role,
      accounts: own.map(({ channel, tenant, actor, source }) => ({ channel, tenant, actor, source })),
    }
  })
}

export function roomEntryToWire(entry: RoomEntry): Wire.ConsoleMessage {
  if (entry.by === 'person') {
    const { key, at, ...said } = entry
    return { id: key, at: time(at), ...said }
  }
  const { at, status, question, ...shown } = entry
  return {
    ...shown,
    // The places of webhooks are no rooms.
    kind: shown.kind as Exclude<typeof shown.kind, 'webhook'>,
    at: time(at),
    isFinal: status !== 'open' && status !== 'pending',
    question: question && {
      ...question,
      // As its buttons have them, in each place.
      choices: question.choices.map(({ label }, index) => ({ id: String(index), label })),
    },
  }
}
