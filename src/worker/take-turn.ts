import type { AgentProfile, Ask, Driver, Outcome } from '../agents/driver.ts'
import { endSession, findSession, listMessages, saveSession } from '../conversations/store.ts'
import type { Database } from '../db/connect.ts'
import { asSystem } from '../db/scope.ts'
import { holdFence } from '../tasks/store.ts'
import { runOf, type Task } from '../tasks/task.ts'
import type { Workspace } from '../workspaces/workspace.ts'
import { decideAsk, type Approval } from './decide-ask.ts'
import type { EventWriter } from './write-events.ts'

export interface TurnRequest {
  task: Task
  conversationId: string
  profile: AgentProfile
  driver: Driver
  env: Readonly<Record<string, string>>
  workspace: Workspace
  prompt: string
  approval: Approval | undefined
  events: EventWriter
  signal: AbortSignal
}

/**
 * One turn of the agent, in its session of this conversation where there is one. A session that is lost costs nothing but
 * its memory: the turn is taken again in a new one, with the same files and what was said so far, and says so.
 */
export async function takeTurn(database: Database, request: TurnRequest): Promise<Outcome> {
  const { task, conversationId, driver, prompt, events } = request
  const resume = driver.capabilities.resume
    ? await asSystem(database, (db) => findSession(db, conversationId, task.agent))
    : undefined
  const outcome = await turnInSession(database, request, prompt, resume)
  if (resume === undefined || outcome.status !== 'failed' || outcome.why !== 'session_lost') return outcome
  events.write({
    type: 'notice',
    level: 'warn',
    code: 'fallback',
    text: 'The earlier session is gone; a new one goes on with the same files.',
  })
  await asSystem(database, (db) => endSession(db, conversationId, task.agent))
  return turnInSession(database, request, await withHistory(database, conversationId, prompt), undefined)
}

async function turnInSession(
  database: Database,
  request: TurnRequest,
  prompt: string,
  resume: string | undefined,
): Promise<Outcome> {
  const { task, profile, driver, workspace, env, events, signal } = request
  const session = await driver.open(
    {
      profile,
      env,
      runId: `${task.id}.${task.attempt}`,
      launch: workspace.launch,
      paths: workspace.paths,
      mcpServers: profile.mcpServers,
      ...(resume !== undefined && { resume }),
    },
    { ask: async (ask) => decideAsk(ask, profile.autonomy, request.approval) },
  )
  try {
    const turn = session.turn(prompt, profile.limits)
    const cancel = () => turn.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
    for await (const event of turn) {
      if (event.type === 'session') await rememberSession(database, request, event.resume)
      events.write(event)
    }
    signal.removeEventListener('abort', cancel)
    return await turn.outcome
  } finally {
    await session.close()
  }
}

/** Before anything else of the turn: a crash right after must not lose it. */
async function rememberSession(database: Database, { task, conversationId }: TurnRequest, resume: string) {
  await asSystem(database, async (db) => {
    await holdFence(db, runOf(task))
    await saveSession(db, { orgId: task.orgId, conversationId, agent: task.agent, resume })
  })
}

const HISTORY_MESSAGES = 20
const HISTORY_CHARACTERS = 20_000

async function withHistory(database: Database, conversationId: string, prompt: string): Promise<string> {
  const messages = await asSystem(database, (db) => listMessages(db, conversationId, HISTORY_MESSAGES))
  const earlier = messages
    .filter((message) => message.text !== prompt)
    .map((message) => `${message.author}: ${message.text}`)
  if (earlier.length === 0) return prompt
  return `What was said in this conversation so far:\n\n${earlier.join('\n\n').slice(-HISTORY_CHARACTERS)}\n\nNow:\n\n${prompt}`
}

/** What the agent is told once a person has answered its question. */
export function promptFromAnswer(
  question: Pick<Ask, 'kind' | 'title' | 'choices'>,
  answer: { choice?: string; text?: string },
): string {
  const chosen = question.choices.find((choice) => choice.id === answer.choice)
  if (question.kind === 'question') return answer.text ?? chosen?.label ?? ''
  const allowed = chosen !== undefined && chosen.effect !== 'deny'
  return allowed ? `Allowed: ${question.title}. Go on.` : `Not allowed: ${question.title}. Go on without it.`
}
