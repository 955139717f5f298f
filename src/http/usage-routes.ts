import { createRoute, z } from '@hono/zod-openapi'
import { findConversation } from '../conversations/store.ts'
import { asOrg, type Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { listSchedules } from '../schedules/store.ts'
import { listBudgets, listUsage, removeBudget, setBudget } from '../usage/store.ts'
import { USAGE_BY, type UsageRow } from '../usage/usage.ts'
import { idParam, jsonAnswer, jsonBody, refusals, type Api } from './api.ts'
import { knownAgent, knownCodebase, knownTask } from './known.ts'
import type { AgentDirectory, HttpParts } from './parts.ts'
import { budgetToWire } from './to-wire.ts'
import { Budget, BudgetList, NewBudget, Usage } from './wire.ts'

const tags = ['Usage and budgets']
const DAYS = 30

const Moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })])
const UsageQuery = z.object({
  by: z.enum(USAGE_BY).default('day'),
  from: Moment.optional().openapi({
    description: `A date (from 00:00 UTC) or a time; ${DAYS} days ago if left out`,
    example: '2026-11-01',
  }),
  to: Moment.optional().openapi({ description: 'Not with it; up to now if left out', example: '2026-12-01' }),
})
const showUsage = createRoute({
  method: 'get',
  path: '/v1/usage',
  operationId: 'showUsage',
  summary: 'What models cost, by day, agent, codebase, person or model',
  tags,
  request: { query: UsageQuery },
  responses: { 200: jsonAnswer('Days in order, all else with the most expensive first', Usage), ...refusals.list },
})

const list = createRoute({
  method: 'get',
  path: '/v1/budgets',
  operationId: 'listBudgets',
  summary: 'All budgets, and what was spent of each',
  tags,
  responses: { 200: jsonAnswer('Oldest first', BudgetList), ...refusals.read },
})

const set = createRoute({
  method: 'put',
  path: '/v1/budgets',
  operationId: 'setBudget',
  summary: 'Sets the budget of a thing for a period, or replaces it; what waits for it goes on',
  tags,
  request: { body: jsonBody(NewBudget) },
  responses: { 200: jsonAnswer('The budget', Budget), ...refusals.change },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/budgets/{id}',
  operationId: 'removeBudget',
  summary: 'Removes a budget; what waits for it goes on',
  tags,
  request: { params: idParam('bud_01kanv3e5x8t1z6w2q9r4c7b0d') },
  responses: { 204: { description: 'Done' }, ...refusals.find },
})

export function addUsageRoutes(api: Api, { database, agents }: HttpParts): void {
  api.openapi(showUsage, async (c) => {
    const { by, ...given } = c.req.valid('query')
    const { orgId } = c.get('principal')
    const from = given.from === undefined ? new Date(Date.now() - DAYS * 86_400_000) : new Date(given.from)
    const to = given.to === undefined ? undefined : new Date(given.to)
    const { rows, total } = await asOrg(database, orgId, async (db) => {
      const usage = await listUsage(db, orgId, { by, from, ...(to && { to }) })
      return by === 'person' ? { ...usage, rows: await withSchedules(db, usage.rows) } : usage
    })
    return c.json({ by, from: from.toISOString(), to: to?.toISOString() ?? null, rows, total }, 200)
  })

  api.openapi(list, async (c) => {
    const { orgId } = c.get('principal')
    const budgets = await asOrg(database, orgId, (db) => listBudgets(db, orgId))
    return c.json({ budgets: budgets.map(budgetToWire) }, 200)
  })

  api.openapi(set, async (c) => {
    const { scope, key, period, maxUsd = null, maxCalls = null, maxTokens = null } = c.req.valid('json')
    const { orgId } = c.get('principal')
    const budget = await asOrg(database, orgId, async (db) => {
      const known = key === undefined ? null : await knownKey(db, agents, scope, key)
      return setBudget(db, orgId, { scope, key: known, period, maxUsd, maxCalls, maxTokens })
    })
    return c.json(budgetToWire(budget), 200)
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    const isGone = await asOrg(database, c.get('principal').orgId, (db) => removeBudget(db, id))
    if (!isGone) throw new UserError('budget-unknown', `There is no budget ${id}. GET /v1/budgets lists them.`)
    return c.body(null, 204)
  })
}

/** A budget for something that is not there would limit nothing: better to say so. */
async function knownKey(db: Db, agents: AgentDirectory, scope: Budget['scope'], key: string): Promise<string | null> {
  switch (scope) {
    case 'org':
      return null
    case 'agent':
      return knownAgent(agents, key)
    case 'codebase':
      return (await knownCodebase(db, key)).id
    case 'conversation':
      if (await findConversation(db, key)) return key
      throw new UserError('no-conversation', `There is no conversation ${key}.`)
    case 'task':
      return (await knownTask(db, key)).id
  }
}

/** A schedule starts tasks as a person does. */
async function withSchedules(db: Db, rows: readonly UsageRow[]): Promise<UsageRow[]> {
  const names = new Map((await listSchedules(db)).map(({ id, name }): [string, string] => [id, name]))
  return rows.map((row) => ({ ...row, name: row.name ?? names.get(row.key ?? '') ?? null }))
}
