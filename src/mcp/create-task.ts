import { z } from 'zod'
import type { Db } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { startWork } from '../tasks/start-work.ts'
import { findTask, listTasks } from '../tasks/store.ts'
import type { Task } from '../tasks/task.ts'
import { defineTool, text, type RunScope } from './tool.ts'

/** Of one task, over all its runs: a run that is repeated may make its tasks again. */
const MAX_CHILDREN = 20
/** A task that a person started has depth 0. */
const MAX_DEPTH = 3
const MAX_PROMPT_BYTES = 64 * 1024

export const createTask = defineTool({
  name: 'create_task',
  description:
    'Gives a piece of work to another agent: a task of its own in the same repository, which starts from the default branch, without your changes, and ends on a branch of its own. It knows nothing of what you know: write all that it needs into the prompt. Returns the id of the task at once.',
  maxCalls: 100,
  input: z.strictObject({
    title: text(200, 'What it is about, in a few words. At most 200 bytes'),
    prompt: text(MAX_PROMPT_BYTES, 'What is to be done, and how one sees that it is done. At most 64 KiB'),
    agent: text(100, 'Name of the agent that does it. Left out: an agent like you').optional(),
    wait: z
      .boolean()
      .optional()
      .describe(
        'true: when you have ended your turn, you are called again with the results once all your tasks have ended',
      ),
  }),
  async run(scope, { title, prompt, agent, wait }) {
    const child = await scope.write((db) => makeChild(db, scope, { title, prompt, agent }))
    scope.host.report(`Created task ${child.id}: ${title}`)
    if (wait !== true) return `Created task ${child.id}.`
    scope.host.waitForChildren()
    return `Created task ${child.id}. End your turn now; you are called again when your tasks have ended.`
  },
})

/**
 * The run's fence is held, so tasks of one parent are counted one after the other. The child's lane is new and nobody else's:
 * taking it as the second lock of this transaction cannot make two wait for each other.
 */
async function makeChild(
  db: Db,
  { task, agents }: RunScope,
  { title, prompt, agent = task.agent }: { title: string; prompt: string; agent: string | undefined },
): Promise<Task> {
  const workerType = agent === task.agent ? task.workerType : workerTypeOf(agents, agent, task)
  if (task.codebaseId === null)
    throw new UserError('no-codebase', 'This task has no codebase that another could work on.')
  if ((await depthOf(db, task)) >= MAX_DEPTH) {
    throw new UserError(
      'too-deep',
      `This task was itself made by a task, ${MAX_DEPTH} levels deep: it cannot make others. Do the work yourself.`,
    )
  }
  const children = await listTasks(db, task.orgId, { parentId: task.id, limit: MAX_CHILDREN })
  if (children.length >= MAX_CHILDREN) {
    throw new UserError(
      'too-many',
      `This task has made ${MAX_CHILDREN} others, and that is the most. Do the rest yourself, or say at the end what is left.`,
    )
  }
  return startWork(db, {
    orgId: task.orgId,
    codebaseId: task.codebaseId,
    parentId: task.id,
    createdBy: task.id,
    title,
    prompt,
    agent,
    workerType,
    priority: task.priority,
    ...(task.correlationId !== null && { correlationId: task.correlationId }),
  })
}

function workerTypeOf(agents: RunScope['agents'], name: string, task: Task): string {
  const found = agents?.find(name)
  if (found) return found.profile.workerType
  throw new UserError(
    'agent-unknown',
    `agent: There is no agent "${name}". There are: ${(agents?.names() ?? [task.agent]).join(', ')}.`,
  )
}

async function depthOf(db: Db, { parentId }: Task): Promise<number> {
  let depth = 0
  for (let id = parentId; id !== null && depth < MAX_DEPTH; depth++) id = (await findTask(db, id))?.parentId ?? null
  return depth
}
