import { createRoute, z } from '@hono/zod-openapi'
import { findConversation } from '../conversations/store.ts'
import { asOrg, type Db } from '../db/scope.ts'
import { catchUp } from '../deliveries/catch-up-store.ts'
import { findQuestions } from '../events/store.ts'
import { UserError } from '../lib/errors.ts'
import type { Principal } from '../orgs/org.ts'
import { openPlace, showIn } from '../places/store.ts'
import { startWork } from '../tasks/start-work.ts'
import { answerTask, cancelTask, findTask, listTasks, requeueTask } from '../tasks/store.ts'
import { TASK_STATUSES, type Task as TaskRecord } from '../tasks/task.ts'
import { workerTypeExists } from '../tasks/worker-store.ts'
import { newSecret, REPLY_EVENTS } from '../webhooks/webhook.ts'
import { idParam, jsonAnswer, jsonBody, present, refusals, wholeNumber, type Api } from './api.ts'
import { createOnce, IdempotencyHeader } from './idempotency.ts'
import { assertChannel, knownAgent, knownCodebase, knownTask } from './known.ts'
import { decodeCursor, encodeCursor } from './page.ts'
import type { AgentDirectory, HttpParts } from './parts.ts'
import { taskToWire } from './to-wire.ts'
import { subscribe } from './webhook-subscription-routes.ts'
import { Answer, NewTask, Retry, StartedTask, Task, TaskList } from './wire.ts'

const tags = ['Tasks']
const TaskId = idParam('tsk_01kanv3e5x8t1z6w2q9r4c7b0d')
const task = jsonAnswer('The task', Task)

const createTask = createRoute({
  method: 'post',
  path: '/v1/tasks',
  operationId: 'createTask',
  summary: 'Starts work: a prompt for an agent in a codebase',
  tags,
  request: { headers: IdempotencyHeader, body: jsonBody(NewTask) },
  responses: { 201: jsonAnswer('The task', StartedTask), ...refusals.create },
})

const Statuses = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((part) => part.split(',')))
  .pipe(z.array(z.enum(TASK_STATUSES)))
const TaskQuery = z.object({
  status: Statuses.optional().openapi({
    param: { name: 'status', in: 'query', style: 'form', explode: false },
    type: 'array',
    items: { type: 'string', enum: [...TASK_STATUSES] },
    description: 'One or more: repeated, or separated by commas',
  }),
  codebase: z.string().optional().openapi({ description: 'Id, name or URL' }),
  conversation: z.string().optional().openapi({ description: 'Id' }),
  agent: z.string().optional(),
  parent: z.string().optional().openapi({ description: 'Id of the task that made it' }),
  limit: wholeNumber(1, 100, 20),
  cursor: z.string().optional().openapi({ description: '`next` of the page before' }),
})
const listAll = createRoute({
  method: 'get',
  path: '/v1/tasks',
  operationId: 'listTasks',
  summary: 'Tasks, newest first',
  tags,
  request: { query: TaskQuery },
  responses: { 200: jsonAnswer('A page of tasks', TaskList), ...refusals.list },
})

const showTask = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}',
  operationId: 'showTask',
  summary: 'One task, with its result',
  tags,
  request: { params: TaskId },
  responses: { 200: task, ...refusals.find },
})

const cancel = createRoute({
  method: 'post',
  path: '/v1/tasks/{id}/cancel',
  operationId: 'cancelTask',
  summary: 'Stops a task; one that runs ends within seconds',
  tags,
  request: { params: TaskId },
  responses: { 200: task, ...refusals.change },
})

const retry = createRoute({
  method: 'post',
  path: '/v1/tasks/{id}/retry',
  operationId: 'retryTask',
  summary: 'Starts a failed or cancelled task again, with another prompt if one is given',
  tags,
  request: { params: TaskId, body: jsonBody(Retry) },
  responses: { 200: task, ...refusals.change },
})

const answer = createRoute({
  method: 'post',
  path: '/v1/tasks/{id}/answer',
  operationId: 'answerTask',
  summary: 'Answers the question that a task waits with',
  tags,
  request: { params: TaskId, body: jsonBody(Answer) },
  responses: { 200: task, ...refusals.change },
})

export function addTaskRoutes(api: Api, { database, agents, seal }: HttpParts): void {
  api.openapi(createTask, async (c) => {
    const body = c.req.valid('json')
    const correlationId = c.get('correlationId')
    const made = await createOnce<StartedTask>(
      database,
      c,
      body,
      async (db, principal) => {
        const started = await startTask(db, agents, { principal, correlationId, body })
        return { ...taskToWire(started, null), ...(await addReply(db, started, body, seal)) }
      },
      (started) => ({ ...started, ...(started.replySecret !== undefined && { replySecret: null }) }),
    )
    return c.json(made, 201)
  })

  api.openapi(listAll, async (c) => {
    const { cursor, codebase, conversation, parent, limit, ...rest } = c.req.valid('query')
    const { orgId } = c.get('principal')
    const page = await asOrg(database, orgId, async (db) => {
      const filter = present({
        ...rest,
        codebaseId: codebase === undefined ? undefined : (await knownCodebase(db, codebase)).id,
        conversationId: conversation,
        parentId: parent,
        before: decodeCursor(cursor),
      })
      // One more than asked for tells whether there are more.
      const found = await listTasks(db, orgId, { ...filter, limit: limit + 1 })
      return { tasks: await withQuestions(db, found.slice(0, limit)), hasMore: found.length > limit }
    })
    return c.json({ tasks: page.tasks, next: page.hasMore ? encodeCursor(page.tasks.at(-1)?.id) : null }, 200)
  })

  api.openapi(showTask, async (c) => {
    const { id } = c.req.valid('param')
    return c.json(await asOrg(database, c.get('principal').orgId, (db) => readTask(db, id)), 200)
  })

  api.openapi(cancel, async (c) => {
    const { id } = c.req.valid('param')
    const cancelled = await asOrg(database, c.get('principal').orgId, async (db) => {
      const found = await knownTask(db, id)
      const became = await cancelTask(db, id)
      // Twice is no mistake: it is what was asked for.
      if (became === null && found.status !== 'cancelled')
        throw new UserError('task-ended', `${id} has ended: it is ${found.status}.`)
      return readTask(db, id)
    })
    return c.json(cancelled, 200)
  })

  api.openapi(retry, async (c) => {
    const { id } = c.req.valid('param')
    const { prompt } = c.req.valid('json')
    const again = await asOrg(database, c.get('principal').orgId, async (db) => {
      const found = await knownTask(db, id)
      if ((await requeueTask(db, id, prompt)) === null) {
        throw new UserError(
          'task-not-ended',
          `${id} is ${found.status}; only what has failed or was cancelled is tried again. Cancel it first, or start a new task.`,
        )
      }
      return readTask(db, id)
    })
    return c.json(again, 200)
  })

  api.openapi(answer, async (c) => {
    const { id } = c.req.valid('param')
    const given = present(c.req.valid('json'))
    const answered = await asOrg(database, c.get('principal').orgId, async (db) => {
      const { question, status } = await readTask(db, id)
      if (question) assertAnswers(question, given)
      if ((await answerTask(db, id, given)) === null)
        throw new UserError('task-not-asking', `${id} is ${status} and waits for no answer.`)
      return readTask(db, id)
    })
    return c.json(answered, 200)
  })
}

async function startTask(
  db: Db,
  agents: AgentDirectory,
  { principal, correlationId, body }: { principal: Principal; correlationId: string; body: NewTask },
): Promise<TaskRecord> {
  const { codebase, agent, runAt, replyTo: _replyTo, replySecret: _replySecret, ...request } = body
  const conversation =
    request.conversationId === undefined ? undefined : await findConversation(db, request.conversationId)
  if (request.parentId !== undefined) await assertParent(db, request.parentId, request.conversationId)
  if (request.workerType !== undefined) await assertWorkerType(db, request.workerType)
  return startWork(db, {
    ...present({
      ...request,
      codebaseId: codebase === undefined ? undefined : (await knownCodebase(db, codebase)).id,
      runAt: runAt === undefined ? undefined : new Date(runAt),
    }),
    prompt: request.prompt,
    orgId: principal.orgId,
    agent: knownAgent(agents, agent ?? conversation?.agent),
    createdBy: principal.keyId,
    correlationId,
  })
}

/** Who gave an address is told there when the task waits or has ended; a place shows it from now on. The secret is told to who brought none. */
async function addReply(
  db: Db,
  { id: taskId, orgId, conversationId }: TaskRecord,
  { replyTo: url, replySecret }: NewTask,
  seal: HttpParts['seal'],
): Promise<Pick<StartedTask, 'replySecret'>> {
  if (url === undefined) return {}
  if (typeof url !== 'string') {
    await assertChannel(db, url.channel)
    const place = await openPlace(db, orgId, url)
    await showIn(db, place, conversationId as string)
    await catchUp(db, place, conversationId as string)
    return {}
  }
  const secret = replySecret ?? newSecret()
  await subscribe(db, { orgId, url, events: REPLY_EVENTS, secret, taskId, seal })
  return replySecret === undefined ? { replySecret: secret } : {}
}

async function assertParent(db: Db, id: string, conversationId: string | undefined) {
  const parent = await findTask(db, id)
  if (!parent) throw new UserError('invalid-request', `\`parentId\`: there is no task ${id}.`)
  if (parent.conversationId === conversationId) {
    throw new UserError(
      'invalid-request',
      '`parentId`: a child in the conversation of its parent would wait for it for ever. Give `codebase` instead of `conversationId`.',
    )
  }
}

async function assertWorkerType(db: Db, name: string) {
  if (await workerTypeExists(db, name)) return
  throw new UserError(
    'invalid-request',
    `\`workerType\`: no worker has ever offered "${name}". Start one with DROVER_WORKER_TYPES=${name}, or leave it out.`,
  )
}

function assertAnswers(question: NonNullable<Task['question']>, { choice, text }: Answer) {
  const isThere = choice === undefined || question.choices.some(({ id }) => id === choice)
  const mayBeText = text === undefined || question.freeText || question.choices.length === 0
  if (isThere && mayBeText) return
  const choices = question.choices.map(({ id, label }) => `${id} (${label})`).join(', ')
  throw new UserError(
    'invalid-request',
    `"${question.title}" takes one of these as \`choice\`: ${choices}${question.freeText ? '; or any `text`' : ''}.`,
  )
}

async function readTask(db: Db, id: string): Promise<Task> {
  const [found] = await withQuestions(db, [await knownTask(db, id)])
  return found as Task
}

async function withQuestions(db: Db, tasks: TaskRecord[]): Promise<Task[]> {
  const asking = tasks.filter((each) => each.waitingFor === 'input').map((each) => each.id)
  const questions = await findQuestions(db, asking)
  return tasks.map((each) => taskToWire(each, questions.get(each.id) ?? null))
}
