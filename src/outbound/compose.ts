import { ChannelError, type Channel, type ChannelLimits, type Outgoing } from '../channels/channel.ts'
import { findConversation } from '../conversations/store.ts'
import type { Db } from '../db/scope.ts'
import type { Delivery, TextContent } from '../deliveries/delivery.ts'
import { openAnswer } from '../deliveries/store.ts'
import type { TaskEvent } from '../events/event.ts'
import { findQuestions, readEvents } from '../events/store.ts'
import type { Question } from '../questions/question.ts'
import { findQuestion } from '../questions/store.ts'
import { findTask, listTasks } from '../tasks/store.ts'
import { isEnded, type Task } from '../tasks/task.ts'
import { isDisabled } from '../webhooks/store.ts'
import { webhookBody, type WebhookContent } from '../webhooks/webhook-body.ts'
import { fitAnswer } from './fit-answer.ts'
import { cardNews, foldEvents, nothingFolded, type Folded } from './fold-events.ts'
import { blocksOf, growAnswer, type Growth } from './grow-answer.ts'
import type { Form } from './parts.ts'
import { splitMarkdown } from './split-markdown.ts'
import { renderCard } from './status-card.ts'

/** How a delivery should look now: what is stored decides, so that whoever composes it comes to the same. */
export async function compose(db: Db, delivery: Delivery, channel: Channel): Promise<Form> {
  switch (delivery.kind) {
    case 'text':
      return composeText(delivery.content as unknown as TextContent, channel.limits)
    case 'question':
      return composeQuestion(await findQuestion(db, delivery.questionId as string), channel.limits)
    case 'card':
      return composeCard(db, delivery, channel)
    case 'answer':
      return composeAnswer(db, delivery, channel)
    case 'webhook':
      return composeWebhook(db, delivery)
  }
}

/** Of the event its kind and time are kept; the task is told as it is now. */
async function composeWebhook(db: Db, { taskId, content, place }: Delivery): Promise<Form> {
  // One that was written in the moment in which its webhook was disabled.
  if (await isDisabled(db, place.tenant)) throw new ChannelError('gone', 'The webhook is disabled.')
  const task = await findTask(db, taskId as string)
  if (!task) return { messages: [], next: 'sent' }
  const question = (await findQuestions(db, [task.id])).get(task.id)
  return { messages: [{ markdown: webhookBody(content as unknown as WebhookContent, task, question) }], next: 'sent' }
}

function composeText({ markdown, isQuiet }: TextContent, limits: ChannelLimits): Form {
  const fitted = fitAnswer(markdown, limits, 'drover deliveries list')
  return { messages: toMessages(fitted).map((message) => ({ ...message, ...(isQuiet && { isQuiet }) })), next: 'sent' }
}

const toMessages = ({ pieces, file }: ReturnType<typeof fitAnswer>): Outgoing[] =>
  pieces.map((markdown, index) => ({ markdown, ...(file && index === pieces.length - 1 && { file }) }))

const SIGNS: Record<Question['kind'], string> = { permission: '🔐 ', question: '❓ ', offer: '' }
const MOST_BUTTONS = 10
const LONGEST_LABEL = 60

/** Its buttons carry numbers, not what they do: that is looked up when one is pressed. */
function composeQuestion(question: Question | undefined, limits: ChannelLimits): Form {
  if (!question) return { messages: [], next: 'sent' }
  const { id, kind, title, choices, closedAt } = question
  const pieces = splitMarkdown(`${SIGNS[kind]}${title}${closedAt ? `\n\n${saysClosed(question)}` : hint(question)}`, {
    limit: limits.text,
  })
  const options = choices.slice(0, MOST_BUTTONS).map(({ label, effect }, index) => ({
    id: String(index),
    label: Array.from(label).slice(0, LONGEST_LABEL).join(''),
    ...(effect === 'deny' && { style: 'danger' as const }),
  }))
  const messages: Outgoing[] = pieces.map((markdown, index) => ({
    markdown,
    ...(!closedAt && options.length > 0 && index === pieces.length - 1 && { choices: { questionId: id, options } }),
  }))
  return { messages, next: 'sent' }
}

const hint = ({ kind, freeText, choices }: Question) =>
  kind === 'question' && freeText
    ? choices.length > 0
      ? '\n\nPress a button, or write your answer.'
      : '\n\nWrite your answer.'
    : ''

function saysClosed({ answer, answeredBy, choices }: Question): string {
  if (!answer) return '(no longer asked)'
  const chosen = choices.find(({ id }) => id === answer.choice)
  const sign = chosen?.effect === 'deny' ? '✖' : '✔'
  return `${sign} ${chosen?.label ?? answer.text ?? ''}${answeredBy === null ? '' : ` (${answeredBy})`}`
}

const PAGE = 500

/** A task and its events since the last time, of one moment: the events are those up to its `lastEvent`, not one more or less. */
async function newsOf(
  db: Db,
  { taskId, shownEvent }: Delivery,
): Promise<{ task: Task; events: TaskEvent[] } | undefined> {
  const events: TaskEvent[] = []
  for (let last = shownEvent; ;) {
    const task = await findTask(db, taskId as string)
    if (!task) return undefined
    // It was read before what happened meanwhile, or with more to come.
    if (task.lastEvent === last) return { task, events }
    const page = await readEvents(db, task.id, last, PAGE)
    events.push(...page)
    last = page.at(-1)?.seq ?? last
  }
}

async function composeCard(db: Db, delivery: Delivery, channel: Channel): Promise<Form> {
  const news = await newsOf(db, delivery)
  if (!news) return { messages: [], next: 'sent' }
  const { task, events } = news
  const fold = foldEvents((delivery.content.fold as Folded | undefined) ?? nothingFolded, events)
  const isOver = isEnded(task.status)
  if (!isOver && channel.streaming !== 'batch' && events.some(({ event }) => event.type === 'text'))
    await openAnswer(db, delivery)
  const conversation =
    delivery.conversationId === null ? undefined : await findConversation(db, delivery.conversationId)
  const queued = isOver || task.status === 'queued' ? [] : await queuedBehind(db, task)
  const markdown = renderCard({
    agent: task.kind === 'agent' ? task.agent : task.title,
    status: task.status,
    waitingFor: task.waitingFor,
    ...(task.startedAt && { startedAt: task.startedAt }),
    ...(task.finishedAt && { finishedAt: task.finishedAt }),
    now: new Date(),
    ...(task.result?.branch !== undefined && { branch: task.result.branch }),
    queued,
    verbosity: conversation?.verbosity ?? 'normal',
    ...cardNews(fold),
  })
  return {
    messages: [{ markdown, isQuiet: true }],
    next: isOver ? 'sent' : 'open',
    content: { fold },
    shownEvent: events.at(-1)?.seq ?? delivery.shownEvent,
  }
}

async function queuedBehind(db: Db, { orgId, conversationId }: Task): Promise<string[]> {
  if (conversationId === null) return []
  const found = await listTasks(db, orgId, { conversationId, status: ['queued'], limit: 10 })
  return found.toReversed().map(({ title }) => title)
}

/** While it grows, and at its end: the last state is the right one, whatever was shown on the way. */
async function composeAnswer(db: Db, delivery: Delivery, { limits, streaming }: Channel): Promise<Form> {
  const news = await newsOf(db, delivery)
  if (!news) return { messages: [], next: 'sent' }
  const { task, events } = news
  const growth = growAnswer(delivery.content.growth as Growth | undefined, events)
  const isOver = isEnded(task.status)
  const blocks = isOver ? blocksAtEnd(task, growth) : streaming === 'chunks' ? growth.done : blocksOf(growth)
  const texts = streaming === 'chunks' ? blocks : [blocks.join('\n\n')]
  const pieces = texts.flatMap((text) => (text.trim() === '' ? [] : splitMarkdown(text, { limit: limits.text })))
  // What stood there when it ended stays; what is sent from then on does not count.
  const kept = isOver ? ((delivery.content.kept as number | undefined) ?? delivery.shown.length) : 0
  const messages =
    pieces.length <= limits.pieces
      ? pieces.map((markdown) => ({ markdown }))
      : tooLong(pieces, { ...delivery, kept }, limits, isOver ? blocks.join('\n\n') : undefined)
  return {
    messages: messages.map((message) => ({ ...message, ...(!isOver && { isQuiet: true }) })),
    next: isOver ? 'sent' : 'open',
    content: { growth, ...(isOver && { kept }) },
    shownEvent: events.at(-1)?.seq ?? delivery.shownEvent,
  }
}

/** What stands there already stays; the whole comes as a file, once it is whole. */
function tooLong(
  pieces: string[],
  { kept, taskId }: { kept: number; taskId: string | null },
  limits: ChannelLimits,
  whole?: string,
): Outgoing[] {
  const whereWhole = `drover task show ${taskId}`
  if (whole === undefined) return pieces.slice(0, limits.pieces).map((markdown) => ({ markdown }))
  if (kept === 0) return toMessages(fitAnswer(whole, limits, whereWhole))
  const { file } = fitAnswer(whole, { ...limits, pieces: 1 }, whereWhole)
  const last: Outgoing = file
    ? { markdown: 'The whole answer is in the file.', file }
    : { markdown: `The whole answer: \`${whereWhole}\`` }
  return [...pieces.slice(0, Math.min(kept, limits.pieces)).map((markdown) => ({ markdown })), last]
}

function blocksAtEnd(task: Task, growth: Growth): string[] {
  const { kind, status, result, failure } = task
  const said = blocksOf(growth)
  if (status === 'cancelled') return [...said, '⏹ Stopped.']
  if (status !== 'completed')
    return [...said, `❌ ${failure?.message ?? 'It failed, and nobody knows why. `/logs` shows the last steps.'}`]
  const text = result?.text.trim() ?? ''
  if (text !== '') return said.join('').trim() === text ? said : [text]
  if (kind !== 'agent') return []
  return [result?.branch === undefined ? 'Done.' : `Done. The work is on \`${result.branch}\`.`]
}
