import type { Spend } from '../src/agents/driver.ts'
import type { Database } from '../src/db/connect.ts'
import { asOrg, asSystem } from '../src/db/scope.ts'
import { DEFAULT_ORG } from '../src/orgs/org.ts'
import { recordUsage, settleTask } from '../src/tasks/store.ts'
import { runOf, type Task } from '../src/tasks/task.ts'
import type { BudgetTerms } from '../src/usage/budget.ts'
import { checkBudgets, recordModelCall, setBudget } from '../src/usage/store.ts'
import type { ModelCall } from '../src/usage/usage.ts'
import { claim, enqueue } from './queue-fixtures.ts'

/** What an agent says that says nothing. */
export const NOTHING: Spend = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  usd: null,
  basis: 'unknown',
}

/** What an agent says that calls its model itself. */
export const asAgentSays = (usd: number): Spend => ({ ...NOTHING, inputTokens: 7, usd, basis: 'agent' })

/** A call of 16 tokens for 25 cents. */
export const callOf = (task: Task, changed: Partial<ModelCall> = {}): ModelCall => ({
  ...runOf(task),
  vendor: 'anthropic',
  model: 'opus',
  inputTokens: 10,
  outputTokens: 5,
  cacheReadTokens: 1,
  cacheWriteTokens: 0,
  reasoningTokens: 4,
  usd: 0.25,
  ...changed,
})

export const record = (database: Database, task: Task, changed: Partial<ModelCall> = {}) =>
  asSystem(database, (db) => recordModelCall(db, callOf(task, changed)))

/** The end of a run, with what its agent says. */
export const endRun = (database: Database, task: Task, spend = NOTHING) =>
  asSystem(database, async (db) => {
    await recordUsage(db, task, spend)
    return settleTask(db, runOf(task), 'completed', {})
  })

export async function claimOne(database: Database): Promise<Task> {
  const [task] = await claim(database)
  if (!task) throw new Error('nothing to claim')
  return task
}

/** A new task that runs. */
export async function start(database: Database, changed: Parameters<typeof enqueue>[1] = {}): Promise<Task> {
  await enqueue(database, changed)
  return claimOne(database)
}

/** A budget for the whole org, for ever, unless said otherwise. */
export const set = (database: Database, terms: Partial<BudgetTerms>) =>
  asOrg(database, DEFAULT_ORG, (db) =>
    setBudget(db, DEFAULT_ORG, {
      scope: 'org',
      key: null,
      period: 'total',
      maxUsd: null,
      maxCalls: null,
      maxTokens: null,
      ...terms,
    }),
  )

export const check = (database: Database, task: Task) => asSystem(database, (db) => checkBudgets(db, task))
