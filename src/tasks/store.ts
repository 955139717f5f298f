import { sql, type Selectable } from 'kysely'
import type { Db } from '../db/scope.ts'
import type { Tables } from '../db/tables.ts'
import type { Spend } from '../agents/driver.ts'
import { newId, type Id } from '../lib/ids.ts'
import {
  LeaseLost,
  type EndStatus,
  type Run,
  type Task,
  type TaskFailure,
  type TaskResult,
  type TaskStatus,
  type WaitingFor,
} from './task.ts'

const DEFAULT_WORKER_TYPE = 'general'

export interface NewTask {
  orgId: Id<'org'>
  agent: string
  title: string
  prompt: string
  kind?: string
  workerType?: string
  lane?: string
  priority?: number
  runAt?: Date
  maxAttempts?: number
  parentId?: string
  conversationId?: string
  codebaseId?: string
  input?: Record<string, unknown>
  /** Where it was asked for. */
  placeId?: string
  createdBy?: string
  correlationId?: string
}

/** Into the queue, in the caller's transaction: the task is there if and only if what else was written is. */
export async function enqueueTask(db: Db, task: NewTask): Promise<Task> {
  const row = await db
    .insertInto('tasks')
    .values({
      id: newId('task'),
      org_id: task.orgId,
      agent: task.agent,
      title: task.title,
      prompt: task.prompt,
      lane: task.lane ?? null,
      parent_id: task.parentId ?? null,
      conversation_id: task.conversationId ?? null,
      codebase_id: task.codebaseId ?? null,
      created_by: task.createdBy ?? null,
      correlation_id: task.correlationId ?? null,
      place_id: task.placeId ?? null,
      ...(task.kind !== undefined && { kind: task.kind }),
      ...(task.workerType !== undefined && { worker_type: task.workerType }),
      ...(task.priority !== undefined && { priority: task.priority }),
      ...(task.runAt !== undefined && { run_at: task.runAt }),
      ...(task.maxAttempts !== undefined && { max_attempts: task.maxAttempts }),
      ...(task.input !== undefined && { input: JSON.stringify(task.input) }),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toTask(row)
}

/** Takes up to `count` tasks that a worker of this type may run now, with a lease; see claim_tasks for order and limits. */
export async function claimTasks(
  db: Db,
  worker: { id: string; type: string; count: number; leaseSeconds: number },
): Promise<Task[]> {
  const { rows } =
    await sql<TaskRow>`select * from claim_tasks(${worker.type}, ${worker.id}, ${worker.count}, ${worker.leaseSeconds})`.execute(
      db,
    )
  return rows.map(toTask)
}

export interface Held {
  taskId: string
  attempt: number
  cancelRequested: boolean
}

/** Renews all leases of a worker, and returns what it still holds. */
export async function heartbeatTasks(db: Db, workerId: string, leaseSeconds: number): Promise<Held[]> {
  const { rows } = await sql<Held>`
    select id as "taskId", attempt, cancel_requested as "cancelRequested" from heartbeat_tasks(${workerId}, ${leaseSeconds})`.execute(
    db,
  )
  return rows
}

/** The end of a task. Null when the fence refused. */
export function settleTask(db: Db, run: Run, status: EndStatus, end: { result?: TaskResult; failure?: TaskFailure }) {
  return call(
    db,
    sql`settle_task(${run.taskId}, ${run.attempt}, ${status}, ${json(end.result)}::jsonb, ${json(end.failure)}::jsonb)`,
  )
}

/** `counts`: whether the run counts as a failure. The one that reaches `max_attempts` ends the task as `failed`. */
export function retryTaskLater(
  db: Db,
  run: Run,
  { failure, delayMs, counts }: { failure?: TaskFailure; delayMs: number; counts: boolean },
) {
  return call(
    db,
    sql`retry_task_later(${run.taskId}, ${run.attempt}, ${json(failure)}::jsonb, ${Math.ceil(delayMs)}, ${counts})`,
  )
}

/** The worker is freed, the lane kept. `until` is for a limit's reset. */
export function parkTask(
  db: Db,
  run: Run,
  waitingFor: WaitingFor,
  { until, failure }: { until?: Date; failure?: TaskFailure } = {},
) {
  return call(
    db,
    sql`park_task(${run.taskId}, ${run.attempt}, ${waitingFor}, ${until ?? null}::timestamptz, ${json(failure)}::jsonb)`,
  )
}

/** A person's answer: null when the task waits for none. */
export function answerTask(db: Db, taskId: string, answer: unknown) {
  return call(db, sql`answer_task(${taskId}, ${JSON.stringify(answer)}::jsonb)`)
}

/** Adds to what is asked, as long as nobody has begun with it: false where somebody has. */
export async function addToPrompt(db: Db, taskId: string, text: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('tasks')
    .set({ prompt: sql<string>`prompt || E'\n\n' || ${text}` })
    .where('id', '=', taskId)
    .where('status', 'in', ['queued', 'scheduled', 'pending'])
    .where('attempt', '=', 0)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Held until the transaction ends: for who changes what hangs on a task before the task itself. */
export async function lockTask(db: Db, taskId: string): Promise<void> {
  await db.selectFrom('tasks').select('id').where('id', '=', taskId).forNoKeyUpdate().execute()
}

/** `cancelled` at once, or `running` while its worker is being told. Null when it had ended. */
export function cancelTask(db: Db, taskId: string) {
  return call(db, sql`cancel_task(${taskId})`)
}

/** A failed or cancelled task, again from the end of its lane; with another prompt if one is given. Null for all others. */
export function requeueTask(db: Db, taskId: string, prompt?: string) {
  return call(db, sql`requeue_task(${taskId}, ${prompt ?? null})`)
}

/** Brings back one task whose worker is lost. Undefined when there is none; `became` is null when another was quicker. */
export async function reapTask(
  db: Db,
): Promise<{ taskId: string; attempt: number; became: TaskStatus | null } | undefined> {
  const { rows } = await sql<{ taskId: string; attempt: number; became: TaskStatus | null }>`
    select task_id as "taskId", attempt, became from reap_task()`.execute(db)
  return rows[0]
}

/** Open tasks whose parent was cancelled or has failed: nobody waits for them. */
export async function findOrphans(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('tasks as child')
    .innerJoin('tasks as parent', 'parent.id', 'child.parent_id')
    .where('parent.status', 'in', ['cancelled', 'failed'])
    .where('child.status', 'not in', ['completed', 'failed', 'cancelled'])
    .where('child.cancel_requested', '=', false)
    // A child that a person started again afterwards is somebody's.
    .whereRef('child.run_at', '<=', 'parent.finished_at')
    .select('child.id')
    .limit(100)
    .execute()
  return rows.map((row) => row.id)
}

/** Merges into the checkpoint. Throws LeaseLost. */
export async function saveCheckpoint(db: Db, run: Run, change: Record<string, unknown>): Promise<void> {
  const { rows } = await sql`
    update tasks set checkpoint = checkpoint || ${JSON.stringify(change)}::jsonb
     where id = ${run.taskId} and status = 'running' and attempt = ${run.attempt} returning id`.execute(db)
  if (rows.length === 0) throw new LeaseLost(run)
}

/** Locks the task's lane and row for this transaction if the run still holds it. Throws LeaseLost. */
export async function holdFence(db: Db, run: Run): Promise<void> {
  const { rows } = await sql<{ id: string | null }>`select id from hold_fence(${run.taskId}, ${run.attempt})`.execute(
    db,
  )
  if (typeof rows[0]?.id !== 'string') throw new LeaseLost(run)
}

/** What a run cost. Belongs into the transaction that ends the run. `metered`: the gateway saw all of it; the database then sums its calls. */
export async function recordUsage(db: Db, task: Task, spend: Spend, { metered = false } = {}): Promise<void> {
  await db
    .insertInto('usage')
    .values({
      org_id: task.orgId,
      task_id: task.id,
      attempt: task.attempt,
      agent: task.agent,
      conversation_id: task.conversationId,
      codebase_id: task.codebaseId,
      input_tokens: spend.inputTokens,
      output_tokens: spend.outputTokens,
      cache_read_tokens: spend.cacheReadTokens,
      cache_write_tokens: spend.cacheWriteTokens,
      reasoning_tokens: spend.reasoningTokens,
      usd: spend.usd,
      basis: spend.basis,
      metered,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function findTask(db: Db, id: string): Promise<Task | undefined> {
  const row = await db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toTask(row)
}

export interface TaskFilter {
  status?: readonly TaskStatus[]
  conversationId?: string
  codebaseId?: string
  agent?: string
  parentId?: string
  /** Only tasks made before this one. */
  before?: string
  limit: number
}

/** Newest first. */
export async function listTasks(db: Db, orgId: string, filter: TaskFilter): Promise<Task[]> {
  let query = db.selectFrom('tasks').selectAll().where('org_id', '=', orgId).orderBy('id', 'desc').limit(filter.limit)
  if (filter.status) query = query.where('status', 'in', filter.status)
  if (filter.conversationId !== undefined) query = query.where('conversation_id', '=', filter.conversationId)
  if (filter.codebaseId !== undefined) query = query.where('codebase_id', '=', filter.codebaseId)
  if (filter.agent !== undefined) query = query.where('agent', '=', filter.agent)
  if (filter.parentId !== undefined) query = query.where('parent_id', '=', filter.parentId)
  if (filter.before !== undefined) query = query.where('id', '<', filter.before)
  return (await query.execute()).map(toTask)
}

/** How many tasks are in each state, over all orgs. */
export async function countTasks(db: Db): Promise<{ status: string; count: number }[]> {
  const open = ['queued', 'scheduled', 'pending', 'running', 'waiting'] as const
  const rows = await db
    .selectFrom('tasks')
    .where('status', 'in', open)
    .groupBy('status')
    .select(({ fn }) => ['status', fn.countAll<number>().as('count')])
    .execute()
  return open.map((status) => ({ status, count: rows.find((row) => row.status === status)?.count ?? 0 }))
}

/** A vendor's usage limit holds for all that use its login: nothing of this agent is claimed before then. */
export async function pauseAgent(db: Db, agent: string, until: Date): Promise<void> {
  await db
    .insertInto('agent_pauses')
    .values({ agent, until })
    .onConflict((conflict) => conflict.column('agent').doUpdateSet({ until }))
    .execute()
}

/** Until when which agents are paused. */
export async function listPauses(db: Db): Promise<Map<string, Date>> {
  const rows = await db
    .selectFrom('agent_pauses')
    .selectAll()
    .where('until', '>', sql<Date>`now()`)
    .execute()
  return new Map(rows.map(({ agent, until }) => [agent, until]))
}

/** Which workers run this agent: tasks that name no type of their own go there. */
export async function setWorkerType(db: Db, agent: string, workerType: string): Promise<void> {
  if (workerType === DEFAULT_WORKER_TYPE) {
    await db.deleteFrom('agent_worker_types').where('agent', '=', agent).execute()
    return
  }
  await db
    .insertInto('worker_types')
    .values({ name: workerType })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await db
    .insertInto('agent_worker_types')
    .values({ agent, worker_type: workerType })
    .onConflict((conflict) => conflict.column('agent').doUpdateSet({ worker_type: workerType }))
    .execute()
}

/** How many tasks may run at once; `key` '*' is for those without a row of their own. Undefined: no limit. */
export async function setLimit(
  db: Db,
  scope: 'org' | 'agent',
  key: string,
  maxRunning: number | undefined,
): Promise<void> {
  if (maxRunning === undefined) {
    await db.deleteFrom('limits').where('scope', '=', scope).where('key', '=', key).execute()
    return
  }
  await db
    .insertInto('limits')
    .values({ scope, key, max_running: maxRunning })
    .onConflict((conflict) => conflict.columns(['scope', 'key']).doUpdateSet({ max_running: maxRunning }))
    .execute()
}

async function call(db: Db, expression: ReturnType<typeof sql>): Promise<TaskStatus | null> {
  const { rows } = await sql<{ status: TaskStatus | null }>`select ${expression} as status`.execute(db)
  return rows[0]?.status ?? null
}

const json = (value: object | undefined) => (value === undefined ? null : JSON.stringify(value))

type TaskRow = Selectable<Tables['tasks']>

function toTask(row: TaskRow): Task {
  return {
    id: row.id as Id<'task'>,
    orgId: row.org_id as Id<'org'>,
    kind: row.kind,
    status: row.status as TaskStatus,
    waitingFor: row.waiting_for as WaitingFor | null,
    workerType: row.worker_type,
    agent: row.agent,
    lane: row.lane,
    priority: row.priority,
    runAt: row.run_at,
    attempt: row.attempt,
    failures: row.failures,
    maxAttempts: row.max_attempts,
    workerId: row.worker_id,
    cancelRequested: row.cancel_requested,
    parentId: row.parent_id,
    conversationId: row.conversation_id,
    codebaseId: row.codebase_id,
    title: row.title,
    prompt: row.prompt,
    input: row.input,
    checkpoint: row.checkpoint,
    result: row.result as TaskResult | null,
    failure: row.failure as TaskFailure | null,
    lastEvent: row.last_event,
    createdBy: row.created_by,
    correlationId: row.correlation_id,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}
