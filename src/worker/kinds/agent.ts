import type { AgentProfile, Driver, Outcome } from '../../agents/driver.ts'
import type { Codebase } from '../../codebases/codebase.ts'
import { getCodebase } from '../../codebases/store.ts'
import { endSession, findConversation } from '../../conversations/store.ts'
import type { Database } from '../../db/connect.ts'
import { asSystem, type Db } from '../../db/scope.ts'
import { UserError } from '../../lib/errors.ts'
import { listTasks, recordUsage, saveCheckpoint } from '../../tasks/store.ts'
import { isEnded, LeaseLost, runOf, type Task } from '../../tasks/task.ts'
import { sumCallsOfRun } from '../../usage/store.ts'
import type { Fence, Remote, Workspaces } from '../../workspaces/workspace.ts'
import { endAfterFailure } from '../after-failure.ts'
import { FIRST, nextPrompt, type Checkpoint } from '../next-prompt.ts'
import { askedBy } from '../prompt-command.ts'
import { collectWishes, type OpenRunDoor, type Wishes } from '../run-door.ts'
import { createSentFiles } from '../sent-files.ts'
import { takeTurn } from '../take-turn.ts'
import type { RunEnd, StopReason, TaskKind } from '../task-kind.ts'
import { deliver, keepSafe, park, sayWhyAgain, type Work } from '../work.ts'
import { createEventWriter } from '../write-events.ts'

/** The agents that this process can run. */
export interface Agents {
  find(name: string): { profile: AgentProfile; driver: Driver } | undefined
  names(): string[]
  /** Host paths that the agent's program needs, and the environment that it gets. */
  tools(profile: AgentProfile): Promise<string[]>
  environment(profile: AgentProfile, task: Task): Record<string, string>
}

export interface AgentTaskParts {
  database: Database
  agents: Agents
  workspaces: Workspaces
  fence: Fence
  remoteFor(codebase: Codebase): Remote
  openDoor: OpenRunDoor
  /** Where an agent keeps its sessions: a folder for each org, agent and conversation. */
  stateFolder(orgId: string, agent: string, conversationId: string): string
  /** Where the workspace folders are: this machine. */
  host: string
}

/** A prompt, an agent and a repository: checkout, turn, commit, push. Each step looks at what is already there. */
export function agentTask(parts: AgentTaskParts): TaskKind {
  return async (context) => {
    const { task } = context
    const { profile, driver } = findAgent(parts.agents, task)
    const broken = new AbortController()
    const signal = AbortSignal.any([context.signal, broken.signal])
    const events = createEventWriter(parts.database, runOf(task), (error) =>
      broken.abort(error instanceof LeaseLost ? 'lease-lost' : error),
    )
    // A run of this task may live on, on this machine, after the worker that started it was killed.
    const killed = await parts.fence.sweep(task.id)
    sayWhyAgain(task, killed, events)

    const { wishes, host } = collectWishes(events)
    const door = parts.openDoor({ task, profile, host })
    const { conversation, codebase, children, earlier } = await asSystem(parts.database, (db) => contextOf(db, task))
    const workspace = await parts.workspaces.open(
      {
        workspaceId: conversation.id,
        runId: `${task.id}.${task.attempt}`,
        remote: parts.remoteFor(codebase),
        branch: conversation.branch ?? `drover/${conversation.id}`,
        readOnly: await parts.agents.tools(profile),
        network: profile.network,
        state: parts.stateFolder(task.orgId, task.agent, conversation.id),
        door: door.listener,
      },
      (text) => events.write({ type: 'step', text }),
      signal,
    )
    const invited = workspace.doorUrl === undefined ? undefined : door.invite(workspace.doorUrl)
    const checkpoint: Checkpoint = task.checkpoint
    try {
      const asked = await askedBy(task, earlier, workspace)
      if (asked.isFresh && checkpoint.begun === undefined && !checkpoint.turn) {
        events.write({ type: 'step', text: 'A new session, with the plan' })
        await asSystem(parts.database, (db) => endSession(db, conversation.id, task.agent))
      }
      const prompt = nextPrompt({ ...task, prompt: asked.text }, checkpoint, children)
      const had = prompt.key === FIRST ? [] : checkpoint.hadFiles
      const files = createSentFiles(parts.database, { task, workspace, ...(had && { had }) })
      const outcome =
        checkpoint.turn ??
        (await takeTurn(parts.database, {
          task,
          conversationId: conversation.id,
          profile,
          driver,
          env: {
            DROVER_AGENT_STATE: workspace.paths.state,
            ...parts.agents.environment(profile, task),
            ...invited?.env,
          },
          mcpServers: [...profile.mcpServers, ...(invited?.mcpServers ?? [])],
          workspace,
          cwd: conversation.cwd,
          prompt,
          files,
          earlier: asked.isFresh ? [] : earlier,
          events,
          signal,
        }))
      await events.flush()
      const metered = await asSystem(parts.database, (db) => sumCallsOfRun(db, runOf(task)))
      const work: Work = {
        context: { ...context, signal },
        conversation,
        codebase,
        workspace,
        events,
        files,
        host: parts.host,
        pay: (db) => recordUsage(db, task, outcome.spend, { metered: door.isMetered }),
      }
      // Where the gateway counted, its count is the better one.
      const end = await finish(parts, work, { ...outcome, spend: metered ?? outcome.spend }, wishes)
      await events.flush()
      return end
    } finally {
      await workspace.close()
    }
  }
}

function findAgent(agents: Agents, task: Task) {
  const found = agents.find(task.agent)
  if (found) return found
  throw new UserError(
    'no-agent',
    `This worker has no agent named "${task.agent}". It has: ${agents.names().join(', ')}.`,
  )
}

async function contextOf(db: Db, task: Task) {
  const conversation = task.conversationId === null ? undefined : await findConversation(db, task.conversationId)
  if (!conversation || conversation.codebaseId === null)
    throw new UserError('no-codebase', 'This task has no codebase to work on.')
  const checkpoint: Checkpoint = task.checkpoint
  const children =
    checkpoint.children === true ? await listTasks(db, task.orgId, { parentId: task.id, limit: MAX_CHILDREN }) : []
  return {
    conversation,
    codebase: await getCodebase(db, conversation.codebaseId),
    children: children.filter(({ status }) => isEnded(status)),
    earlier: (
      await listTasks(db, task.orgId, { conversationId: conversation.id, before: task.id, limit: EARLIER_TASKS })
    ).filter(({ kind }) => kind === 'agent'),
  }
}

/** How many earlier tasks of the conversation a new session and a prompt command are told of. */
const EARLIER_TASKS = 20

const MAX_CHILDREN = 50

async function finish(parts: AgentTaskParts, work: Work, outcome: Outcome, wishes: Wishes): Promise<RunEnd> {
  const { task } = work.context
  const reason = work.context.signal.reason as StopReason | undefined
  if (wishes.budget && reason === undefined) {
    const { sentence, until } = wishes.budget
    const failed = { why: 'budget' as const, detail: sentence, ...(until && { until: until.toISOString() }) }
    return parkFor(work, endAfterFailure(task, failed, Math.random()))
  }
  switch (outcome.status) {
    case 'done': {
      if (wishes.question) return park(work, { for: 'input', question: wishes.question })
      if (wishes.children) return park(work, { for: 'children' })
      const turn: Checkpoint = { turn: outcome }
      await asSystem(parts.database, (db) => saveCheckpoint(db, runOf(task), { ...turn }))
      return deliver(work, outcome, { status: 'completed' })
    }
    case 'limit': {
      const message = `Stopped at the limit for ${LIMIT_WORDS[outcome.limit]}. What was done so far is on the branch. Raise the limit in agents.json, or go on with: drover task retry ${task.id}`
      return deliver(work, outcome, { status: 'failed', failure: { class: 'other', message } })
    }
    case 'parked':
      return park(work, { for: 'input', question: outcome.question })
    case 'cancelled':
      if (reason === 'lease-lost') throw new LeaseLost(runOf(task))
      await keepSafe(work)
      if (reason === 'draining') return { type: 'hand-back', write: work.pay }
      if (reason === 'cancelled') return { type: 'settle', status: 'cancelled', write: work.pay }
      return withPay(
        work,
        endAfterFailure(task, { why: 'other', detail: 'The agent gave up by itself.' }, Math.random()),
      )
    case 'failed':
      return parkFor(work, endAfterFailure(task, outcome, Math.random()))
  }
}

const LIMIT_WORDS = { turns: 'turns', budget: 'money', wall: 'time', output: 'output' } as const

/** What waits for a limit is put where any worker can go on with it; what ends or is tried again soon only gets a checkpoint. */
async function parkFor(work: Work, end: RunEnd): Promise<RunEnd> {
  if (end.type === 'park') {
    if (end.failure) work.events.write({ type: 'notice', level: 'warn', code: 'other', text: end.failure.message })
    return park(work, { for: 'limit', end })
  }
  await keepSafe(work)
  return withPay(work, end)
}

function withPay({ pay }: Work, end: RunEnd): RunEnd {
  const { write } = end
  return {
    ...end,
    async write(db) {
      await pay(db)
      await write?.(db)
    },
  }
}
