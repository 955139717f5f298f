import { posix } from 'node:path'
import { cannotSee, type AgentProfile, type Driver, type McpServer, type Outcome, type Turn } from '../agents/driver.ts'
import { endSession, findSession, saveSession } from '../conversations/store.ts'
import type { Database } from '../db/connect.ts'
import { asSystem } from '../db/scope.ts'
import { holdFence, saveCheckpoint } from '../tasks/store.ts'
import { runOf, type Task } from '../tasks/task.ts'
import type { Workspace } from '../workspaces/workspace.ts'
import { briefed } from './brief.ts'
import { decideAsk } from './decide-ask.ts'
import type { Checkpoint, Prompt } from './next-prompt.ts'
import type { PromptWithFiles, SentFiles } from './sent-files.ts'
import { hearSteers, joined, nextSteerPrompt, NOTHING_HEARD, type SteerPrompt } from './steer.ts'
import type { StopReason } from './task-kind.ts'
import type { EventWriter } from './write-events.ts'

export interface TurnRequest {
  task: Task
  conversationId: string
  profile: AgentProfile
  driver: Driver
  env: Readonly<Record<string, string>>
  mcpServers: readonly McpServer[]
  workspace: Workspace
  /** Where in the repository the agent works; empty: its root. */
  cwd: string
  prompt: Prompt
  files: SentFiles
  /** Left out: pictures are shown. */
  leavesPicturesOut?: boolean
  /** What happened in the conversation before, for a session that remembers nothing; newest first. */
  earlier: readonly Task[]
  events: EventWriter
  signal: AbortSignal
}

/**
 * One turn of the agent, in its session of this conversation where there is one. A session that is lost or broken costs nothing
 * but its memory: the turn is taken again in a new one, with the same files and a summary, and says so.
 */
export async function takeTurn(database: Database, request: TurnRequest): Promise<Outcome> {
  const { task, profile, driver, conversationId, prompt, events } = request
  for (const text of driver.shortcomings(profile)) events.write({ type: 'notice', level: 'info', code: 'other', text })
  const resume = driver.capabilities.resume
    ? await asSystem(database, (db) => findSession(db, conversationId, task.agent))
    : undefined
  if (resume === undefined) return turnInNewSession(database, request)
  const outcome = await turnInSession(database, request, prompt.text, resume)
  if (outcome.status !== 'failed' || !(outcome.why === 'session_lost' || outcome.why === 'session_broken'))
    return outcome
  const text =
    outcome.why === 'session_lost'
      ? 'The earlier session is gone; a new one goes on with the same files and a summary.'
      : `The earlier session cannot go on (${outcome.detail}); a new one takes over with the same files and a summary.`
  events.write({ type: 'notice', level: 'warn', code: 'fallback', text })
  await asSystem(database, (db) => endSession(db, conversationId, task.agent))
  // A picture may be what broke it: this time each is a file only.
  return turnInNewSession(database, { ...request, leavesPicturesOut: outcome.why === 'session_broken' })
}

async function turnInNewSession(database: Database, request: TurnRequest): Promise<Outcome> {
  const { task, prompt, events, earlier } = request
  const [last] = earlier
  if (last && last.agent !== task.agent) {
    const text = `${task.agent} goes on where ${last.agent} was, with the same files and a summary of what was said.`
    events.write({ type: 'step', text })
  }
  return turnInSession(database, request, briefed(prompt.text, earlier), undefined)
}

async function turnInSession(
  database: Database,
  request: TurnRequest,
  text: string,
  resume: string | undefined,
): Promise<Outcome> {
  const { task, profile, driver, workspace, env, mcpServers, prompt, files, events, signal } = request
  if (resume === undefined) files.forget()
  const session = await driver.open(
    {
      profile,
      env,
      mcpServers,
      runId: `${task.id}.${task.attempt}`,
      launch: workspace.launch,
      paths: { ...workspace.paths, workspace: await folderOf(request) },
      ...(resume !== undefined && { resume }),
    },
    { ask: async (ask) => decideAsk(ask, profile.autonomy, prompt.approval) },
  )
  try {
    let prompt: SteerPrompt = { text, seq: NOTHING_HEARD }
    let outcome: Outcome | undefined
    for (;;) {
      const sent = await files.sendWith(prompt.text)
      sayWhatWasSent(request, sent)
      const pictures = request.leavesPicturesOut === true ? [] : sent.pictures
      const turn = session.turn(sent.text, profile.limits, pictures)
      outcome = joined(outcome, await oneTurn(database, request, prompt.seq, turn))
      if (!driver.capabilities.resume || !wasHeard(outcome, signal)) return outcome
      const next = await nextSteerPrompt(database, task, prompt.seq)
      if (!next || signal.aborted || !isDoneOrStopped(outcome)) return outcome
      events.write({ type: 'step', text: 'Told what was said meanwhile' })
      prompt = next
    }
  } finally {
    await session.close()
  }
}

function sayWhatWasSent({ driver, profile, events }: TurnRequest, { names, pictures }: PromptWithFiles) {
  if (names.length > 0) events.write({ type: 'step', text: `Sent along: ${names.join(', ')}` })
  if (pictures.length === 0 || driver.capabilities.images) return
  events.write({ type: 'notice', level: 'info', code: 'other', text: cannotSee(profile) })
}

/** A turn that broke, or that another worker goes on with, is told again what it heard. */
const wasHeard = ({ status }: Outcome, { aborted, reason }: AbortSignal) =>
  status !== 'failed' && (!aborted || reason === ('cancelled' satisfies StopReason))

const isDoneOrStopped = ({ status }: Outcome) => status === 'done' || status === 'cancelled'

/** To its end, or until somebody says something that the agent should hear: then it is stopped, softly. */
async function oneTurn(database: Database, request: TurnRequest, heardSeq: number, turn: Turn): Promise<Outcome> {
  const { task, driver, events, signal } = request
  const cancel = () => turn.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  const steering = driver.capabilities.resume ? hearSteers(database, task, heardSeq, cancel) : undefined
  try {
    for await (const event of turn) {
      if (event.type === 'session') await rememberSession(database, request, event.resume)
      events.write(event)
    }
    return await turn.outcome
  } finally {
    signal.removeEventListener('abort', cancel)
    await steering?.stop()
  }
}

/** The conversation's folder, where it is there; the repository's root where it is not, and says so. */
async function folderOf({ workspace, cwd, events }: TurnRequest): Promise<string> {
  const root = workspace.paths.workspace
  if (cwd === '') return root
  if (await workspace.listFolder(cwd)) return posix.join(root, cwd)
  const text = `There is no folder ${cwd} in the repository: working at its root. /setcwd changes it.`
  events.write({ type: 'notice', level: 'warn', code: 'other', text })
  return root
}

/** Before anything else of the turn: a crash right after must lose neither the session nor that it has seen the prompt. */
async function rememberSession(database: Database, { task, conversationId, prompt }: TurnRequest, resume: string) {
  const begun: Checkpoint = { begun: prompt.key }
  await asSystem(database, async (db) => {
    await holdFence(db, runOf(task))
    await saveSession(db, { orgId: task.orgId, conversationId, agent: task.agent, resume })
    await saveCheckpoint(db, runOf(task), { ...begun })
  })
}
