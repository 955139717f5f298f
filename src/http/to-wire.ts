/** Our records as they go over the wire. What is for Drover alone (org, checkpoint, lane) stays here. */
import type { Codebase } from '../codebases/codebase.ts'
import type { Conversation, Message } from '../conversations/conversation.ts'
import type { TaskEvent } from '../events/event.ts'
import type { ApiKey } from '../orgs/store.ts'
import type { Schedule } from '../schedules/schedule.ts'
import type { Task } from '../tasks/task.ts'
import type { Worker } from '../tasks/worker-store.ts'
import type { Budget } from '../usage/budget.ts'
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
