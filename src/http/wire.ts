/** What goes over the wire, as schemas and as types. The command line imports the types, and nothing else of this folder. */
import { z } from '@hono/zod-openapi'
import { TASK_STATUSES } from '../tasks/task.ts'
import { BUDGET_PERIODS, BUDGET_SCOPES } from '../usage/budget.ts'
import { USAGE_BY } from '../usage/usage.ts'
import { EventBody, Question, Spend } from './wire-events.ts'
import { AgentName, CodebaseRef, id, Name, orNull, Prompt, Time } from './wire-values.ts'
import { ReplyTo, WebhookSecret } from './wire-webhooks.ts'

export * from './wire-artifacts.ts'
export * from './wire-channels.ts'
export * from './wire-people.ts'
export * from './wire-webhooks.ts'

export const Problem = z
  .object({
    type: z.string().openapi({ example: 'urn:drover:problem:task-unknown' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: 'What happened to this request, and what to do' }),
    code: z.string().openapi({ description: 'Stable, for programs', example: 'task-unknown' }),
    correlationId: z.string().openapi({ description: 'Look for it in the log' }),
    errors: z
      .array(z.object({ in: z.string(), field: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'Every field that is wrong' }),
  })
  .openapi('Problem')
export type Problem = z.infer<typeof Problem>

const TaskResult = z
  .object({
    text: z.string().openapi({ description: "The agent's answer, in Markdown" }),
    branch: z.string().optional(),
    base: z.string().optional(),
    head: z.string().optional(),
    commits: z.array(z.object({ sha: z.string(), subject: z.string() })).optional(),
    diffStat: z.string().optional(),
    durationMs: z.number(),
    spend: Spend.optional().openapi({ description: 'What this run cost' }),
  })
  .openapi('TaskResult')

export const Task = z
  .object({
    id: id('tsk_01kanv3e5x8t1z6w2q9r4c7b0d'),
    status: z.enum(TASK_STATUSES),
    waitingFor: z.enum(['input', 'children', 'limit']).nullable(),
    question: orNull(Question).openapi({ description: 'What it waits for an answer to' }),
    title: z.string(),
    prompt: z.string(),
    kind: z.string(),
    agent: z.string(),
    workerType: z.string(),
    priority: z.int(),
    runAt: Time,
    attempt: z.int(),
    failures: z.int(),
    maxAttempts: z.int(),
    cancelRequested: z.boolean(),
    parentId: z.string().nullable(),
    conversationId: z.string().nullable(),
    codebaseId: z.string().nullable(),
    result: orNull(TaskResult),
    failure: z.object({ class: z.string(), message: z.string() }).nullable(),
    lastEvent: z.int().openapi({ description: 'The number of its newest event' }),
    createdBy: z.string().nullable(),
    correlationId: z.string().nullable(),
    createdAt: Time,
    startedAt: Time.nullable(),
    finishedAt: Time.nullable(),
  })
  .openapi('Task')
export type Task = z.infer<typeof Task>

export const StartedTask = Task.extend({
  replySecret: z.string().nullable().optional().openapi({
    description:
      'What posts to `replyTo` are signed with, where the request brought none. Shown this once; null in the answer to a repeated Idempotency-Key',
    example: 'whsec_…',
  }),
}).openapi('StartedTask')
export type StartedTask = z.infer<typeof StartedTask>

export const TaskList = z
  .object({
    tasks: z.array(Task),
    next: z.string().nullable().openapi({ description: 'The `cursor` of the next page' }),
  })
  .openapi('TaskList')
export type TaskList = z.infer<typeof TaskList>

export const NewTask = z
  .strictObject({
    prompt: Prompt,
    codebase: CodebaseRef.optional(),
    conversationId: z.string().optional().openapi({ description: 'A conversation to go on in, instead of `codebase`' }),
    agent: AgentName.optional(),
    title: z.string().trim().min(1).max(200).optional(),
    priority: z.int().min(0).max(1_000).optional().openapi({ description: 'Smaller is sooner; 100 if left out' }),
    runAt: z.iso.datetime({ offset: true }).optional().openapi({ description: 'Not before this time' }),
    parentId: z.string().optional(),
    workerType: z.string().optional().openapi({ example: 'general' }),
    maxAttempts: z.int().min(1).max(100).optional(),
    replyTo: ReplyTo.optional(),
    replySecret: WebhookSecret.optional().openapi({ description: 'What to sign that with; made if left out' }),
  })
  .refine((task) => task.replySecret === undefined || typeof task.replyTo === 'string', {
    path: ['replySecret'],
    message: 'It is for a URL in `replyTo`.',
  })
  .refine((task) => (task.codebase === undefined) !== (task.conversationId === undefined), {
    path: ['codebase'],
    message: 'Give either `codebase` or `conversationId`.',
  })
  .openapi('NewTask')
export type NewTask = z.infer<typeof NewTask>

export const Retry = z.strictObject({ prompt: Prompt.optional() }).openapi('Retry')
export type Retry = z.infer<typeof Retry>

export const Answer = z
  .strictObject({
    choice: z.string().optional().openapi({ description: "The id of one of the question's choices", example: 'allow' }),
    text: z.string().min(1).optional(),
  })
  .refine((answer) => (answer.choice === undefined) !== (answer.text === undefined), {
    path: ['choice'],
    message: 'Give either `choice` or `text`.',
  })
  .openapi('Answer')
export type Answer = z.infer<typeof Answer>

export const TaskEvent = z
  .object({
    taskId: z.string(),
    seq: z.int().openapi({ description: 'From 1, without gaps within a task' }),
    attempt: z.int(),
    at: Time,
    event: EventBody,
  })
  .openapi('TaskEvent')
export type TaskEvent = z.infer<typeof TaskEvent>

export const TaskEventList = z.object({ events: z.array(TaskEvent) }).openapi('TaskEventList')
export type TaskEventList = z.infer<typeof TaskEventList>

export const Codebase = z
  .object({
    id: id('cbs_01kanv3e5x8t1z6w2q9r4c7b0d'),
    name: z.string(),
    url: z.string(),
    defaultBranch: z.string(),
    createdAt: Time,
  })
  .openapi('Codebase')
export type Codebase = z.infer<typeof Codebase>

export const NewCodebase = z
  .strictObject({
    url: z.string().trim().min(1).openapi({
      description: 'https://, ssh:// or file:// URL, or an absolute path on the machine of the service',
      example: 'https://github.com/acme/app',
    }),
    name: Name.regex(/^[\w.-]+$/, 'Letters, digits, ".", "-" and "_" only.')
      .optional()
      .openapi({ description: 'The last part of the URL if left out' }),
  })
  .openapi('NewCodebase')
export type NewCodebase = z.infer<typeof NewCodebase>
export const CodebaseList = z.object({ codebases: z.array(Codebase) }).openapi('CodebaseList')
export type CodebaseList = z.infer<typeof CodebaseList>

export const Conversation = z
  .object({
    id: id('cnv_01kanv3e5x8t1z6w2q9r4c7b0d'),
    title: z.string(),
    codebaseId: z.string().nullable(),
    agent: z.string(),
    branch: z.string().nullable(),
    createdAt: Time,
  })
  .openapi('Conversation')
export type Conversation = z.infer<typeof Conversation>

export const Console = z
  .object({
    room: z.string().openapi({ description: 'The id of the conversation that it was opened for' }),
    conversation: Conversation,
  })
  .openapi('Console')
export type Console = z.infer<typeof Console>

export const ConversationWithMessages = Conversation.extend({
  messages: z.array(
    z.object({ id: z.string(), author: z.enum(['person', 'agent']), text: z.string(), createdAt: Time }),
  ),
}).openapi('ConversationWithMessages')
export type ConversationWithMessages = z.infer<typeof ConversationWithMessages>

export const Agent = z
  .object({
    name: z.string(),
    title: z.string(),
    driver: z.string(),
    installed: z.boolean(),
    version: z.string().optional(),
    auth: z.enum(['ok', 'missing', 'unknown', 'not_needed']),
    hint: z.string().optional().openapi({ description: 'What to do next' }),
    shortcomings: z.array(z.string()).openapi({ description: 'What its profile wants and it cannot do' }),
    pausedUntil: Time.optional().openapi({ description: 'A usage limit was reached: nothing of it runs before' }),
    selected: z.boolean().openapi({ description: 'Used where no agent is named' }),
  })
  .openapi('Agent')
export type Agent = z.infer<typeof Agent>
export const AgentList = z.object({ agents: z.array(Agent) }).openapi('AgentList')
export type AgentList = z.infer<typeof AgentList>

export const Worker = z
  .object({
    id: id('wrk_01kanv3e5x8t1z6w2q9r4c7b0d'),
    host: z.string(),
    pid: z.int(),
    types: z.array(z.string()),
    concurrency: z.int(),
    version: z.string(),
    draining: z.boolean(),
    startedAt: Time,
    heartbeatAt: Time,
  })
  .openapi('Worker')
export type Worker = z.infer<typeof Worker>
export const WorkerList = z.object({ workers: z.array(Worker) }).openapi('WorkerList')
export type WorkerList = z.infer<typeof WorkerList>

export const Schedule = z
  .object({
    id: id('sch_01kanv3e5x8t1z6w2q9r4c7b0d'),
    name: z.string(),
    cron: z.string(),
    timezone: z.string(),
    prompt: z.string(),
    agent: z.string(),
    codebaseId: z.string().nullable(),
    enabled: z.boolean(),
    nextRunAt: Time,
    lastRunAt: Time.nullable(),
    lastTaskId: z.string().nullable(),
  })
  .openapi('Schedule')
export type Schedule = z.infer<typeof Schedule>

export const NewSchedule = z
  .strictObject({
    name: Name,
    cron: z.string().min(1).openapi({ description: 'Five fields, as in crontab(5)', example: '0 9 * * 1-5' }),
    timezone: z.string().optional().openapi({ description: 'UTC if left out', example: 'Europe/Berlin' }),
    prompt: Prompt,
    codebase: CodebaseRef,
    agent: AgentName.optional(),
  })
  .openapi('NewSchedule')
export type NewSchedule = z.infer<typeof NewSchedule>
export const ScheduleList = z.object({ schedules: z.array(Schedule) }).openapi('ScheduleList')
export type ScheduleList = z.infer<typeof ScheduleList>

export const ApiKey = z
  .object({
    id: id('key_01kanv3e5x8t1z6w2q9r4c7b0d'),
    name: z.string(),
    createdAt: Time,
    lastUsedAt: Time.nullable(),
  })
  .openapi('ApiKey')
export type ApiKey = z.infer<typeof ApiKey>

export const NewApiKey = z.strictObject({ name: Name }).openapi('NewApiKey')
export type NewApiKey = z.infer<typeof NewApiKey>

export const CreatedApiKey = ApiKey.extend({
  token: z.string().nullable().openapi({
    description: 'Shown this once: it is not stored. Null in the answer to a repeated Idempotency-Key',
    example: 'drover_…',
  }),
}).openapi('CreatedApiKey')
export type CreatedApiKey = z.infer<typeof CreatedApiKey>
export const ApiKeyList = z.object({ keys: z.array(ApiKey) }).openapi('ApiKeyList')
export type ApiKeyList = z.infer<typeof ApiKeyList>

const UsageSum = z
  .object({
    tasks: z.int(),
    calls: z.int().openapi({ description: 'Calls of a model that went through Drover' }),
    unmeteredRuns: z
      .int()
      .openapi({ description: 'Runs whose calls nobody counted: the agent called its model itself' }),
    inputTokens: z.int().openapi({ description: 'Without those that came from a cache' }),
    outputTokens: z.int().openapi({ description: 'With those of reasoning' }),
    cacheReadTokens: z.int(),
    cacheWriteTokens: z.int(),
    reasoningTokens: z.int(),
    usd: z.number().nullable().openapi({ description: 'Of what has a price; null where nothing has one' }),
    unpriced: z.int().openapi({ description: 'Calls and unmetered runs without a known price: `usd` is then not all' }),
  })
  .openapi('UsageSum')
export type UsageSum = z.infer<typeof UsageSum>

export const Usage = z
  .object({
    by: z.enum(USAGE_BY),
    from: Time,
    to: Time.nullable(),
    rows: z.array(
      UsageSum.extend({
        key: z.string().nullable().openapi({
          description:
            'The day in UTC, the name of the agent, the id of the codebase or of who started it, the model; null: none, or not known',
        }),
        name: z.string().nullable().openapi({ description: 'What people call it, where that is something else' }),
      }).openapi('UsageRow'),
    ),
    total: UsageSum,
  })
  .openapi('Usage')
export type Usage = z.infer<typeof Usage>

const BudgetPeriod = z
  .enum(BUDGET_PERIODS)
  .openapi({ description: 'For ever, or a day from 00:00 to 24:00 UTC', example: 'total' })

export const Budget = z
  .object({
    id: id('bud_01kanv3e5x8t1z6w2q9r4c7b0d'),
    scope: z.enum(BUDGET_SCOPES),
    key: z.string().nullable().openapi({ description: 'An id, or the name of an agent; null for the whole org' }),
    name: z.string().nullable().openapi({ description: 'That of the codebase' }),
    period: BudgetPeriod,
    maxUsd: z.number().nullable(),
    maxCalls: z.int().nullable(),
    maxTokens: z.int().nullable(),
    spent: z
      .object({
        calls: z.int(),
        tokens: z.int(),
        usd: z.number().nullable().openapi({ description: 'Of what has a price; null where nothing has one' }),
        unpriced: z.int().openapi({ description: 'Calls without a known price: they count as nothing' }),
      })
      .openapi({ description: 'For ever, or since 00:00 UTC' }),
    createdAt: Time,
  })
  .openapi('Budget')
export type Budget = z.infer<typeof Budget>

export const NewBudget = z
  .strictObject({
    scope: z.enum(BUDGET_SCOPES),
    key: z.string().min(1).optional().openapi({
      description:
        'The id of the task or conversation, id or name of the codebase, name of the agent; none for the org',
      example: 'my-app',
    }),
    period: BudgetPeriod.default('total'),
    maxUsd: z.number().min(0.000_001).max(999_999).optional(),
    maxCalls: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .optional()
      .openapi({ description: 'Calls of a model that go through Drover', example: 100 }),
    maxTokens: z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional().openapi({ description: 'Of all kinds together' }),
  })
  .refine(({ scope, key }) => (scope === 'org') === (key === undefined), {
    path: ['key'],
    message: 'Say of what: every budget has a key, but that of the org.',
  })
  .refine(({ maxUsd, maxCalls, maxTokens }) => (maxUsd ?? maxCalls ?? maxTokens) !== undefined, {
    path: ['maxUsd'],
    message: 'Give at least one of `maxUsd`, `maxCalls` and `maxTokens`.',
  })
  .openapi('NewBudget')
export type NewBudget = z.input<typeof NewBudget>
export const BudgetList = z.object({ budgets: z.array(Budget) }).openapi('BudgetList')
export type BudgetList = z.infer<typeof BudgetList>

export const Health = z
  .object({
    status: z.enum(['ok', 'draining', 'failing']),
    version: z.string(),
    database: z.string().openapi({ description: '`ok`, or what is wrong with it' }),
    fence: z.string().openapi({ description: 'How agents are fenced here' }),
    workers: z.int().nullable().openapi({ description: 'How many are alive; null where the database does not answer' }),
  })
  .openapi('Health')
export type Health = z.infer<typeof Health>
