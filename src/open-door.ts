/** What a run may reach through the door of its sandbox: its model by way of the gateway, and Drover's tools over MCP. */
import { randomBytes } from 'node:crypto'
import type { AgentProfile, Autonomy } from './agents/driver.ts'
import type { Database } from './db/connect.ts'
import { asSystem, onceAsSystem } from './db/scope.ts'
import type { Gateway } from './gateway/gateway.ts'
import type { Log } from './lib/log.ts'
import { createRunTools } from './mcp/run-tools.ts'
import { runOf } from './tasks/task.ts'
import { checkBudgets, recordModelCall } from './usage/store.ts'
import type { Agents } from './worker/kinds/agent.ts'
import type { OpenRunDoor } from './worker/run-door.ts'

export interface OpenDoorParts {
  database: Database
  gateway: Gateway
  agents: Agents
  log: Log
}

export function createOpenDoor({ database, gateway, agents, log }: OpenDoorParts): OpenRunDoor {
  return ({ task, profile, host }) => {
    const token = randomBytes(32).toString('base64url')
    const warned = new Set<string>()
    const models = gateway.listener({
      token,
      async mayCall() {
        const { refusal, warning } = await asSystem(database, (db) => checkBudgets(db, task))
        if (warning && !warned.has(warning.budgetId)) {
          warned.add(warning.budgetId)
          host.budgetWarning(warning.sentence)
        }
        if (refusal) host.budgetSpent(refusal)
        return refusal?.sentence
      },
      onCall: (call) => onceAsSystem(database, (db) => recordModelCall(db, { ...runOf(task), ...call })),
    })
    const tools = createRunTools({ database, task, token, host, agents: noFreerThan(profile, agents), log })
    const { gateway: variables } = profile
    const isMetered = variables !== undefined && gateway.has(variables.vendor)
    return {
      listener: (request, response) => (request.url?.startsWith('/model/') ? models : tools)(request, response),
      isMetered,
      invite: (url) => ({
        env:
          variables && isMetered
            ? { [variables.url]: url + gateway.pathFor(variables.vendor), [variables.key]: token }
            : {},
        mcpServers: [{ name: 'drover', url: `${url}/mcp`, headers: { Authorization: `Bearer ${token}` } }],
      }),
    }
  }
}

const FREEDOM: readonly Autonomy[] = ['readonly', 'ask', 'edits', 'full']

/** An agent gives work to those only that may do no more than itself: else the freest agent's rights would be everybody's. */
function noFreerThan(own: AgentProfile, { find, names }: Agents): Pick<Agents, 'find' | 'names'> {
  const most = FREEDOM.indexOf(own.autonomy)
  const findAllowed = (name: string) => {
    const found = find(name)
    return found && FREEDOM.indexOf(found.profile.autonomy) <= most ? found : undefined
  }
  return { find: findAllowed, names: () => names().filter((name) => findAllowed(name) !== undefined) }
}
