import { listCodebases } from '../codebases/store.ts'
import type { BusyMode } from '../conversations/conversation.ts'
import { addMessage } from '../conversations/store.ts'
import { UserError } from '../lib/errors.ts'
import { openQuestions } from '../questions/store.ts'
import { startWork } from '../tasks/start-work.ts'
import { steerTask } from '../tasks/steer-store.ts'
import { addToPrompt, cancelTask, listTasks } from '../tasks/store.ts'
import type { Task } from '../tasks/task.ts'
import { NO_CODEBASE } from './command.ts'
import type { Reply, Talk } from './parts.ts'

const OPEN = ['queued', 'scheduled', 'pending', 'running', 'waiting'] as const
/** A lane is worked off: more than this has hardly ever been in one. */
const MOST_OPEN = 100

/** Where there are several, this conversation has not said which. */
async function whichCodebase({ db }: Talk): Promise<string> {
  const known = await listCodebases(db)
  if (known.length === 0) return NO_CODEBASE
  const names = known.slice(0, 10).map(({ name }) => `\`${name}\``)
  return `Which repository? I know ${names.join(', ')}. Say \`/codebase-switch <name>\`, or \`/clone <repo-url>\` for another one.`
}

/** What is not finished in this conversation, oldest first. */
export async function openTasks({ db, conversation }: Talk): Promise<Task[]> {
  const found = await listTasks(db, conversation.orgId, {
    conversationId: conversation.id,
    status: [...OPEN],
    limit: MOST_OPEN,
  })
  return found.toReversed()
}

/** A message for the agent: a task of its own, or, where one is open, what the conversation's mode for that says. */
export async function takeMessage(talk: Talk, text: string, mode: BusyMode = talk.conversation.busy): Promise<Reply> {
  if (!talk.codebase) throw new UserError('no-codebase', await whichCodebase(talk))
  if (text.trim() === '')
    throw new UserError('no-text', 'There is nothing in this message for an agent to read. Write what is to be done.')
  const open = await openTasks(talk)
  if (open.length > 0 && mode !== 'queue') {
    const joined = await join(talk, open, text, mode)
    if (joined) return joined
  }
  const task = await startTask(talk, text)
  const waits = open.find(({ waitingFor }) => waitingFor === 'input')
  const [question] = waits ? await openQuestions(talk.db, talk.conversation.id) : []
  return {
    type: 'task',
    taskId: task.id,
    reason: open.length === 0 ? 'started a task' : `queued behind ${open.length}`,
    // It would wait for ever behind what waits for its writer.
    ...(question && {
      say: `This waits until you have answered: ${question.title}\nUse the buttons above, or answer that message; \`/stop\` ends what waits.`,
    }),
  }
}

/** A task for the agent of this conversation. `input`: what a prompt command adds. */
export function startTask(
  { db, conversation, member, event, place }: Talk,
  prompt: string,
  input?: Record<string, unknown>,
): Promise<Task> {
  return startWork(db, {
    orgId: conversation.orgId,
    conversationId: conversation.id,
    agent: conversation.agent,
    prompt,
    createdBy: member.id,
    correlationId: event.key,
    placeId: place.id,
    ...(input && { input }),
  })
}

async function join(talk: Talk, open: readonly Task[], text: string, mode: BusyMode): Promise<Reply | undefined> {
  const { db, conversation } = talk
  const note = () =>
    addMessage(db, { orgId: conversation.orgId, conversationId: conversation.id, author: 'person', text })
  if (mode === 'collect') {
    const last = open.at(-1)
    if (!last || last.kind !== 'agent' || !(await addToPrompt(db, last.id, text))) return undefined
    await note()
    return { type: 'task', taskId: last.id, reason: 'added to the message that waits' }
  }
  if (mode === 'steer') {
    const running = open.find(({ status }) => status === 'running')
    if (!running || !(await steerTask(db, running.id, text, talk.member.id))) return undefined
    await note()
    return { type: 'task', taskId: running.id, reason: 'told to the agent while it works' }
  }
  for (const { id } of open) await cancelTask(db, id)
  const task = await startTask(talk, text)
  return { type: 'task', taskId: task.id, reason: `started instead of ${open.length} before it` }
}
