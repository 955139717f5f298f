import { createRoute } from '@hono/zod-openapi'
import { asSystem } from '../db/scope.ts'
import { listPauses } from '../tasks/store.ts'
import { jsonAnswer, refusals, type Api } from './api.ts'
import type { HttpParts } from './parts.ts'
import { agentToWire } from './to-wire.ts'
import { AgentList } from './wire.ts'

const list = createRoute({
  method: 'get',
  path: '/v1/agents',
  operationId: 'listAgents',
  summary: 'The agents of this service: installed, logged in, and what to do where not',
  tags: ['Agents'],
  responses: { 200: jsonAnswer('All agents', AgentList), ...refusals.read },
})

export function addAgentRoutes(api: Api, { agents, database }: HttpParts): void {
  api.openapi(list, async (c) => {
    const [all, pauses] = await Promise.all([agents.list(), asSystem(database, listPauses)])
    return c.json({ agents: all.map((agent) => agentToWire(agent, pauses.get(agent.name))) }, 200)
  })
}
