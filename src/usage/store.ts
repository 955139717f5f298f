import { sql, type RawBuilder } from 'kysely'
import type { Spend } from '../agents/driver.ts'
import type { Db } from '../db/scope.ts'
import { newId } from '../lib/ids.ts'
import type { Run, Task } from '../tasks/task.ts'
import { judgeBudgets, type Budget, type BudgetTerms, type BudgetVerdict, type Spent } from './budget.ts'
import { knownMoney, type ModelCall, type UsageBy, type UsageRow, type UsageSum } from './usage.ts'

/** Not under the fence: a call of a run that has lost its task was paid all the same. */
export async function recordModelCall(db: Db, call: ModelCall): Promise<void> {
  const { rows } = await sql`
    insert into model_calls (id, org_id, task_id, attempt, agent, conversation_id, codebase_id, vendor, model,
                             input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usd)
    select ${newId('call')}, org_id, id, ${call.attempt}, agent, conversation_id, codebase_id, ${call.vendor}, ${call.model},
           ${call.inputTokens}, ${call.outputTokens}, ${call.cacheReadTokens}, ${call.cacheWriteTokens}, ${call.reasoningTokens}, ${call.usd}
      from tasks where org_id = ${call.orgId} and id = ${call.taskId} returning id`.execute(db)
  if (rows.length === 0) throw new Error(`There is no task ${call.taskId} that could have called a model.`)
}

/**
 * What a run has spent through the gateway up to now; undefined where it made no call. Without a price as soon as one call
 * has none. For telling: the run's row of `usage` is summed by the database when it is written (`meter_run()`).
 */
export async function sumCallsOfRun(db: Db, run: Run): Promise<Spend | undefined> {
  const { rows } = await sql<Omit<Spend, 'basis'> & { unpriced: number }>`
    select count(*) filter (where usd is null) as unpriced, ${TOKENS}, sum(usd)::float8 as usd
      from model_calls where org_id = ${run.orgId} and task_id = ${run.taskId} and attempt = ${run.attempt} having count(*) > 0`.execute(
    db,
  )
  const [sum] = rows
  if (!sum) return undefined
  const { unpriced, ...spend } = sum
  return unpriced === 0 ? { ...spend, basis: 'priced' } : { ...spend, usd: null, basis: 'unknown' }
}

const TOKENS = sql`
  coalesce(sum(input_tokens), 0)::bigint as "inputTokens", coalesce(sum(output_tokens), 0)::bigint as "outputTokens",
  coalesce(sum(cache_read_tokens), 0)::bigint as "cacheReadTokens", coalesce(sum(cache_write_tokens), 0)::bigint as "cacheWriteTokens",
  coalesce(sum(reasoning_tokens), 0)::bigint as "reasoningTokens"`

/**
 * Whether a task may call a model once more. Calls that are under way are not in the sums: each of them may go beyond.
 * Not for `onceAsSystem`: now and then it writes what it has added up.
 */
export async function checkBudgets(
  db: Db,
  task: Pick<Task, 'orgId' | 'id' | 'agent' | 'conversationId' | 'codebaseId'>,
): Promise<BudgetVerdict> {
  const { id, agent, conversationId, codebaseId } = task
  const rows = await readBudgets(
    db,
    task.orgId,
    sql`(b.scope = 'org' or (b.scope, b.key) in
         (('task', ${id}::text), ('agent', ${agent}), ('conversation', ${conversationId}), ('codebase', ${codebaseId})))`,
  )
  const [first] = rows
  if (!first) return {}
  const longUncounted = rows.filter(({ isLongUncounted }) => isLongUncounted)
  if (longUncounted.length > 0) await countUp(db, longUncounted)
  return judgeBudgets(rows.map(toBudget), first.nextDay)
}

/**
 * Brings what is counted of budgets up to an hour ago: by then whoever writes an earlier time has done so. Several may do it
 * at once; a budget that another has in hand is left to that one.
 */
async function countUp(db: Db, budgets: readonly { id: string }[]): Promise<void> {
  await sql`
    update budgets b set (counted_until, counted_calls, counted_tokens, counted_usd, counted_unpriced) =
           (select now() - interval '1 hour', s.calls, s.tokens, s.usd, s.unpriced from spent_of(b, now() - interval '1 hour') s)
     where b.id = any (array(select id from budgets where id = any (${budgets.map(({ id }) => id)})
                                and counted_until < now() - interval '1 hour' for update skip locked))`.execute(db)
}

/** Oldest first, each with what was spent of it. */
export async function listBudgets(db: Db, orgId: string): Promise<Budget[]> {
  return (await readBudgets(db, orgId, sql`true`)).map(toBudget)
}

/** Replaces the budget for the same thing and period. Where that makes room, the database brings forward what waits for it. */
export async function setBudget(db: Db, orgId: string, terms: BudgetTerms): Promise<Budget> {
  const limits = { max_usd: terms.maxUsd, max_calls: terms.maxCalls, max_tokens: terms.maxTokens }
  const set = await db
    .insertInto('budgets')
    .values({ id: newId('budget'), org_id: orgId, scope: terms.scope, key: terms.key, period: terms.period, ...limits })
    .onConflict((conflict) => conflict.constraint('one_budget_for_each').doUpdateSet(limits))
    .returning('id')
    .executeTakeFirstOrThrow()
  // All that is older is added up here, and not before a call of a model.
  await countUp(db, [set])
  const [row] = await readBudgets(db, orgId, sql`b.id = ${set.id}`)
  if (!row) throw new Error(`The budget ${set.id} was set and is not there.`)
  return toBudget(row)
}

/** What waits for it goes on. False when there is none of this id. */
export async function removeBudget(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('budgets').where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

type BudgetRow = Omit<Budget, 'spent'> & Spent & { nextDay: Date; isLongUncounted: boolean }

async function readBudgets(db: Db, orgId: string, which: RawBuilder<unknown>): Promise<BudgetRow[]> {
  // Not `interval '1 day'`: in a session whose time zone has summer time that is 23 or 25 hours.
  const { rows } = await sql<BudgetRow>`
    select b.id, b.scope, b.key, c.name, b.period, b.max_usd::float8 as "maxUsd", b.max_calls as "maxCalls", b.max_tokens as "maxTokens",
           b.created_at as "createdAt", s.calls, s.tokens, s.usd::float8 as usd, s.unpriced,
           date_trunc('day', now(), 'UTC') + interval '24 hours' as "nextDay", b.counted_until < now() - interval '2 hours' as "isLongUncounted"
      from budgets b cross join lateral spent_of(b) s left join codebases c on c.org_id = b.org_id and c.id = b.key
     where b.org_id = ${orgId} and ${which} order by b.id`.execute(db)
  return rows
}

const toBudget = ({
  nextDay: _nextDay,
  isLongUncounted: _isLongUncounted,
  calls,
  tokens,
  usd,
  unpriced,
  ...budget
}: BudgetRow): Budget => ({
  ...budget,
  spent: { calls, tokens, usd: knownMoney(usd, unpriced), unpriced },
})

/** What a row is summed by, what people call that, and where the name is found. A schedule's name is its record's to tell. */
const KEYS: Readonly<Record<UsageBy, { key: string; name?: string; joins?: string }>> = {
  day: { key: `to_char(p.at at time zone 'UTC', 'YYYY-MM-DD')` },
  agent: { key: 'p.agent' },
  model: { key: 'p.model' },
  codebase: {
    key: 'p.codebase_id',
    name: 'c.name',
    joins: 'left join codebases c on c.org_id = p.org_id and c.id = p.codebase_id',
  },
  person: {
    key: 't.created_by',
    name: 'k.name',
    joins: `left join tasks t on t.org_id = p.org_id and t.id = p.task_id
           left join api_keys k on k.org_id = p.org_id and k.id = t.created_by`,
  },
}

export interface UsageQuestion {
  from: Date
  /** Not with this moment; up to now if left out. */
  to?: Date
  by: UsageBy
}

/**
 * What was spent in a time: every call at its own, and each run that was not metered at its end. Days in order, all else
 * with the most expensive first.
 */
export async function listUsage(
  db: Db,
  orgId: string,
  { from, to, by }: UsageQuestion,
): Promise<{ rows: UsageRow[]; total: UsageSum }> {
  const { key, name = 'null::text', joins = '' } = KEYS[by]
  const end = to ?? 'infinity'
  const { rows } = await sql<UsageRow & { isTotal: boolean }>`
    with paid as (
      select org_id, task_id, at, agent, codebase_id, model, 1 as calls, 0 as unmetered,
             input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usd
        from model_calls where org_id = ${orgId} and at >= ${from} and at < ${end}
      union all
      select org_id, task_id, created_at, agent, codebase_id, null, 0, 1,
             input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, usd
        from usage where org_id = ${orgId} and not metered and created_at >= ${from} and created_at < ${end}),
    keyed as (select ${sql.raw(key)} as key, ${sql.raw(name)} as name, p.* from paid p ${sql.raw(joins)})
    select grouping(key) = 1 as "isTotal", key, name, count(distinct task_id) as tasks, coalesce(sum(calls), 0) as calls,
           coalesce(sum(unmetered), 0) as "unmeteredRuns", ${TOKENS}, sum(usd)::float8 as usd, count(*) filter (where usd is null) as unpriced
      from keyed group by grouping sets ((key, name), ())
     order by ${by === 'day' ? sql`key` : sql`sum(usd) desc nulls last, sum(input_tokens + output_tokens) desc`}`.execute(
    db,
  )
  const sums = rows.map(({ isTotal, ...row }) => ({ isTotal, row: { ...row, usd: knownMoney(row.usd, row.unpriced) } }))
  const all = sums.find(({ isTotal }) => isTotal)
  if (!all) throw new Error('The sum of everything has a row, also where there is nothing.')
  const { key: _key, name: _name, ...total } = all.row
  return { rows: sums.filter(({ isTotal }) => !isTotal).map(({ row }) => row), total }
}
