import type { AgentProfile, Ask, Driver, Outcome } from '../../agents/driver.ts'
import { getCodebase } from '../../codebases/store.ts'
import type { Codebase } from '../../codebases/codebase.ts'
import { addMessage, findConversation } from '../../conversations/store.ts'
import type { Conversation } from '../../conversations/conversation.ts'
import { noteWorkspace } from '../../conversations/workspace-store.ts'
import type { Database } from '../../db/connect.ts'
import { asSystem, type Db } from '../../db/scope.ts'
import { appendEvents, saveArtifact } from '../../events/store.ts'
import { UserError, messageOf } from '../../lib/errors.ts'
import { recordUsage, saveCheckpoint } from '../../tasks/store.ts'
import { LeaseLost, runOf, type Task, type TaskResult } from '../../tasks/task.ts'
import type { Fence, Harvest, Remote, Workspace, Workspaces } from '../../workspaces/workspace.ts'
import { endAfterFailure } from '../after-failure.ts'
import type { Approval } from '../decide-ask.ts'
import { promptFromAnswer, takeTurn } from '../take-turn.ts'
import type { RunContext, RunEnd, StopReason, TaskKind } from '../task-kind.ts'
import { createEventWriter, type EventWriter } from '../write-events.ts'

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
  /** Where the workspace folders are: this machine. */
  host: string
}

/** What a later run of the same task must know. */
interface Checkpoint {
  /** The turn is over; what is left is commit and push. */
  turn?: Outcome
  question?: Ask
}

/** A prompt, an agent and a repository: checkout, turn, commit, push. Each step looks at what is already there. */
export function agentTask(parts: AgentTaskParts): TaskKind {
  return async (context) => {
    const { task } = context
    const found = parts.agents.find(task.agent)
    if (!found) {
      throw new UserError(
        'no-agent',
        `This worker has no agent named "${task.agent}". It has: ${parts.agents.names().join(', ')}.`,
      )
    }
    const broken = new AbortController()
    const signal = AbortSignal.any([context.signal, broken.signal])
    const events = createEventWriter(parts.database, runOf(task), (error) =>
      broken.abort(error instanceof LeaseLost ? 'lease-lost' : error),
    )
    // A run of this task may live on, on this machine, after the worker that started it was killed.
    const killed = await parts.fence.sweep(task.id)
    sayWhyAgain(task, killed, events)

    const { conversation, codebase } = await asSystem(parts.database, (db) => contextOf(db, task))
    const workspace = await parts.workspaces.open(
      {
        workspaceId: conversation.id,
        runId: `${task.id}.${task.attempt}`,
        remote: parts.remoteFor(codebase),
        branch: conversation.branch ?? `drover/${conversation.id}`,
        readOnly: await parts.agents.tools(found.profile),
        network: found.profile.network,
      },
      (text) => events.write({ type: 'step', text }),
      signal,
    )
    try {
      const work: Work = { parts, context: { ...context, signal }, ...found, conversation, codebase, workspace, events }
      const end = await finish(work, await turnOf(work))
      await events.flush()
      return end
    } finally {
      await workspace.close()
    }
  }
}

interface Work {
  parts: AgentTaskParts
  context: RunContext
  profile: AgentProfile
  driver: Driver
  conversation: Conversation
  codebase: Codebase
  workspace: Workspace
  events: EventWriter
}

function sayWhyAgain(task: Task, killed: number, events: EventWriter) {
  if (task.attempt === 1 || task.input.answer !== undefined) return
  const left = killed > 0 ? ` What the lost one had left running was ended (${killed} processes).` : ''
  const why = task.failure ? task.failure.message : 'Handed on by a worker that was stopped.'
  events.write({ type: 'step', text: `${why} Going on with the same session and files.${left}` })
}

async function contextOf(db: Db, task: Task) {
  const conversation = task.conversationId === null ? undefined : await findConversation(db, task.conversationId)
  if (!conversation || conversation.codebaseId === null)
    throw new UserError('no-codebase', 'This task has no codebase to work on.')
  return { conversation, codebase: await getCodebase(db, conversation.codebaseId) }
}

/** The turn of this task, or the one that an earlier run had finished. */
async function turnOf({ parts, context, profile, driver, conversation, workspace, events }: Work): Promise<Outcome> {
  const { task, signal } = context
  const checkpoint: Checkpoint = task.checkpoint
  if (checkpoint.turn) return checkpoint.turn
  const answer = task.input.answer as { choice?: string; text?: string } | undefined
  const question = answer && checkpoint.question
  const approval: Approval | undefined =
    question?.kind === 'permission' && answer?.choice !== undefined
      ? { title: question.title, choice: answer.choice }
      : undefined
  const outcome = await takeTurn(parts.database, {
    task,
    conversationId: conversation.id,
    profile,
    driver,
    env: parts.agents.environment(profile, task),
    workspace,
    prompt: question && answer ? promptFromAnswer(question, answer) : task.prompt,
    approval,
    events,
    signal,
  })
  await events.flush()
  if (outcome.status === 'done') {
    const turn: Checkpoint = { turn: outcome }
    await asSystem(parts.database, (db) => saveCheckpoint(db, runOf(task), { ...turn }))
  }
  return outcome
}

async function finish(work: Work, outcome: Outcome): Promise<RunEnd> {
  const { task } = work.context
  const reason = work.context.signal.reason as StopReason | undefined
  const paid = (db: Db) => recordUsage(db, task, outcome.spend)
  switch (outcome.status) {
    case 'done':
      return deliver(work, outcome, { status: 'completed' })
    case 'limit': {
      const message = `Stopped at the limit for ${LIMIT_WORDS[outcome.limit]}. What was done so far is on the branch. Raise the limit in agents.json, or go on with: drover task retry ${task.id}`
      return deliver(work, outcome, { status: 'failed', failure: { class: 'other', message } })
    }
    case 'parked':
      return park(work, outcome.question, paid)
    case 'cancelled':
      if (reason === 'lease-lost') throw new LeaseLost(runOf(task))
      await keepSafe(work)
      if (reason === 'draining') return { type: 'hand-back', write: paid }
      if (reason === 'cancelled') return { type: 'settle', status: 'cancelled', write: paid }
      return endAfterFailure(task, 'other', 'The agent gave up by itself.', Math.random())
    case 'failed':
      await keepSafe(work)
      return { ...endAfterFailure(task, outcome.why, outcome.detail, Math.random()), write: paid }
  }
}

const LIMIT_WORDS = { turns: 'turns', budget: 'money', wall: 'time', output: 'output' } as const

/** Commit, bundle, push; then the end, with everything that belongs to it in one commit. */
async function deliver(
  work: Work,
  outcome: Outcome,
  end: Pick<RunEnd & { type: 'settle' }, 'status' | 'failure'>,
): Promise<RunEnd> {
  const { parts, context, workspace, events, conversation } = work
  const { task } = context
  const commit = await workspace.commit(`${task.title}\n\nTask: ${task.id}\nAgent: ${task.agent}\n`)
  if (commit) events.write({ type: 'step', text: `Committed ${commit.sha.slice(0, 10)}` })
  const harvest = await workspace.harvest()
  const changed = harvest.commits.length > 0
  await workspace.push(harvest)
  if (changed) events.write({ type: 'step', text: `Pushed ${harvest.branch}` })
  await events.flush()

  return {
    type: 'settle',
    ...end,
    result: { text: outcome.text, durationMs: outcome.durationMs, ...(changed && gitResult(harvest)) },
    async write(db) {
      const run = runOf(task)
      await recordUsage(db, task, outcome.spend)
      if (outcome.text !== '')
        await addMessage(db, {
          orgId: task.orgId,
          conversationId: conversation.id,
          author: 'agent',
          text: outcome.text,
        })
      await noteWorkspace(db, workspaceRow(parts, work, harvest, true))
      if (!changed) return
      await saveArtifact(db, run, {
        kind: 'diff',
        name: 'changes.diff',
        mediaType: 'text/x-diff',
        content: harvest.diff,
      })
      await appendEvents(db, run, [
        { type: 'result', branch: harvest.branch, head: harvest.head, diffStat: harvest.diffStat },
      ])
    },
  }
}

const gitResult = (harvest: Harvest): Partial<TaskResult> => ({
  branch: harvest.branch,
  base: harvest.base,
  head: harvest.head,
  commits: harvest.commits,
  diffStat: harvest.diffStat,
})

/** The process has ended and the worker is free; the answer may come days later, on another machine. */
async function park(work: Work, question: Ask, paid: (db: Db) => Promise<void>): Promise<RunEnd> {
  const { parts, context, workspace } = work
  const run = runOf(context.task)
  const harvest = await workspace.harvest()
  await workspace.push(harvest)
  return {
    type: 'park',
    waitingFor: 'input',
    async write(db) {
      await paid(db)
      const checkpoint: Checkpoint = { question }
      await saveCheckpoint(db, run, { ...checkpoint })
      await noteWorkspace(db, workspaceRow(parts, work, harvest, true))
      const { id, kind, title, freeText } = question
      await appendEvents(db, run, [
        {
          type: 'question',
          id,
          kind,
          title,
          freeText,
          choices: question.choices.map(({ id, label }) => ({ id, label })),
        },
      ])
    },
  }
}

/** A checkpoint of what is there, as well as it goes: the end that is under way is the more important one. */
async function keepSafe({ workspace, context }: Work) {
  await workspace
    .harvest()
    .catch((error: unknown) => context.log.warn({ reason: messageOf(error) }, 'no checkpoint could be made'))
}

const workspaceRow = (
  parts: AgentTaskParts,
  { context, codebase, conversation, workspace }: Work,
  harvest: Harvest,
  pushed: boolean,
) => ({
  orgId: context.task.orgId,
  conversationId: conversation.id,
  codebaseId: codebase.id,
  host: parts.host,
  directory: workspace.directory,
  checkpointSha: harvest.checkpoint.sha,
  pushed,
})
