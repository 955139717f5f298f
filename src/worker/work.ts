import type { Outcome } from '../agents/driver.ts'
import type { Codebase } from '../codebases/codebase.ts'
import type { Conversation } from '../conversations/conversation.ts'
import { addMessage } from '../conversations/store.ts'
import { noteWorkspace } from '../conversations/workspace-store.ts'
import type { Db } from '../db/scope.ts'
import { saveArtifact } from '../events/artifact-store.ts'
import { appendEvents } from '../events/store.ts'
import { messageOf } from '../lib/errors.ts'
import { ask } from '../questions/store.ts'
import { saveCheckpoint } from '../tasks/store.ts'
import { runOf, type Task, type TaskResult } from '../tasks/task.ts'
import type { Harvest, Workspace } from '../workspaces/workspace.ts'
import type { Checkpoint } from './next-prompt.ts'
import type { SentFiles } from './sent-files.ts'
import type { RunContext, RunEnd } from './task-kind.ts'
import type { EventWriter } from './write-events.ts'

/** One run of a task in its workspace: what the steps after the agent's turn need. */
export interface Work {
  context: RunContext
  conversation: Conversation
  codebase: Codebase
  workspace: Workspace
  events: EventWriter
  files: SentFiles
  /** Of the machine where the workspace's folder is. */
  host: string
  /** Writes what the run cost. */
  pay(db: Db): Promise<void>
}

/** Commit, bundle, push; then the end, with everything that belongs to it in one commit. */
export async function deliver(
  work: Work,
  outcome: Outcome,
  end: Pick<RunEnd & { type: 'settle' }, 'status' | 'failure'>,
): Promise<RunEnd> {
  const { context, workspace, events, conversation } = work
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
    result: {
      text: outcome.text,
      durationMs: outcome.durationMs,
      spend: outcome.spend,
      ...(changed && gitResult(harvest)),
    },
    async write(db) {
      const run = runOf(task)
      await work.pay(db)
      const { orgId } = task
      if (outcome.text !== '')
        await addMessage(db, { orgId, conversationId: conversation.id, author: 'agent', text: outcome.text })
      await noteWorkspace(db, workspaceRow(work, harvest))
      if (!changed) return
      const diff = { kind: 'diff', name: 'changes.diff', mediaType: 'text/x-diff', content: harvest.diff }
      await saveArtifact(db, run, diff)
      const { branch, head, diffStat } = harvest
      await appendEvents(db, run, [{ type: 'result', branch, head, diffStat }])
    },
  }
}

/** What a parked run waits for, and what it leaves for the run that goes on. */
export type Wait =
  | { for: 'input'; question: NonNullable<Checkpoint['question']> }
  | { for: 'children' }
  | { for: 'limit'; end: RunEnd & { type: 'park' } }

/** The process has ended and the worker is free; what it waits for may come days later, on another machine. */
export async function park(work: Work, wait: Wait): Promise<RunEnd> {
  const { context, workspace, conversation } = work
  const run = runOf(context.task)
  const harvest = await workspace.harvest()
  await workspace.push(harvest)
  return {
    ...(wait.for === 'limit' ? wait.end : { type: 'park', waitingFor: wait.for }),
    async write(db) {
      await work.pay(db)
      await noteWorkspace(db, workspaceRow(work, harvest))
      if (wait.for === 'limit') return wait.end.write?.(db)
      const checkpoint: Checkpoint = wait.for === 'input' ? { question: wait.question } : { children: true }
      await saveCheckpoint(db, run, { ...checkpoint, hadFiles: work.files.had() })
      if (wait.for === 'children') return
      const { id, kind, title, freeText, choices } = wait.question
      const { orgId } = context.task
      await ask(db, { orgId, conversationId: conversation.id, taskId: context.task.id, kind, title, freeText, choices })
      const shown = choices.map(({ id, label }) => ({ id, label }))
      await appendEvents(db, run, [{ type: 'question', id, kind, title, freeText, choices: shown }])
    },
  }
}

/** A checkpoint of what is there, as well as it goes: the end that is under way is the more important one. */
export async function keepSafe({ workspace, context }: Pick<Work, 'workspace' | 'context'>) {
  await workspace
    .harvest()
    .catch((error: unknown) => context.log.warn({ reason: messageOf(error) }, 'no checkpoint could be made'))
}

const gitResult = (harvest: Harvest): Partial<TaskResult> => ({
  branch: harvest.branch,
  base: harvest.base,
  head: harvest.head,
  commits: harvest.commits,
  diffStat: harvest.diffStat,
})

const workspaceRow = ({ context, codebase, conversation, workspace, host }: Work, harvest: Harvest) => ({
  orgId: context.task.orgId,
  conversationId: conversation.id,
  codebaseId: codebase.id,
  host,
  directory: workspace.directory,
  checkpointSha: harvest.checkpoint.sha,
  pushed: true,
})

/** Says once more, to whom it may concern, why there is another run. */
export function sayWhyAgain(task: Task, killed: number, events: EventWriter) {
  if (task.attempt === 1 || task.input.answer !== undefined) return
  const left = killed > 0 ? ` What the lost one had left running was ended (${killed} processes).` : ''
  const why = task.failure ? task.failure.message : 'Handed on by a worker that was stopped.'
  events.write({ type: 'step', text: `${why} Going on with the same session and files.${left}` })
}
