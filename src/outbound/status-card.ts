import type { TaskStatus, WaitingFor } from '../tasks/task.ts'
import { costText, elapsedText, escaped } from './status-card-words.ts'

/** All that a card shows; `cardNews()` has what comes of events. */
export interface CardState {
  agent: string
  status: TaskStatus
  waitingFor?: WaitingFor | null
  /** What it does right now; where it stands still, why. */
  step: string | undefined
  plan: { text: string; state: 'pending' | 'active' | 'done' }[]
  /** A warning that nothing has followed yet. */
  notice?: string
  startedAt?: Date
  finishedAt?: Date
  now: Date
  /** Undefined: nothing was counted yet. Null: nobody knows the price. */
  usd: number | null | undefined
  spendTokens?: number
  /** Titles of the messages that wait behind it. */
  queued: string[]
  branch?: string
  /** `quiet`: how it stands and what it cost. `verbose`: the last tools and the tokens as well. */
  verbosity: 'quiet' | 'normal' | 'verbose'
  /** Titles, the newest last. */
  tools: string[]
}

const STATES: Record<TaskStatus, [emoji: string, words: string]> = {
  queued: ['⏳', 'queued'],
  scheduled: ['⏰', 'scheduled'],
  pending: ['⏳', 'about to start'],
  running: ['⚙️', 'working'],
  waiting: ['⏸️', 'waiting'],
  completed: ['✅', 'done'],
  failed: ['❌', 'failed'],
  cancelled: ['⏹️', 'cancelled'],
}

const WAITING: Record<WaitingFor, [emoji: string, words: string]> = {
  input: ['❓', 'waiting for an answer'],
  children: ['⏸️', 'waiting for its tasks'],
  limit: ['⏸️', 'waiting for a usage limit'],
}

const PLAN_MARKS = { done: '✅', active: '▶️', pending: '⬜' }
const PLAN_LINES = 8
const TOOL_LINES = 3
const QUEUED_TITLES = 3

/**
 * One task in a few lines of Markdown, short enough for a phone: at most 2,000 characters, whatever is in it. Nothing that agents
 * or people wrote is Markdown in it. The same state gives the same text for some seconds, so that no edit goes out without news.
 */
export function renderCard(card: CardState): string {
  const isQuiet = card.verbosity === 'quiet' && (card.status === 'running' || card.status === 'pending')
  const lines = [
    headLine(card),
    isQuiet || card.step === undefined ? '' : escaped(card.step, 120),
    isQuiet || card.notice === undefined ? '' : `⚠️ ${escaped(card.notice, 120)}`,
    ...(card.verbosity === 'quiet' ? [] : planLines(card.plan)),
    ...(card.verbosity === 'verbose' ? card.tools.slice(-TOOL_LINES).map((title) => `· ${escaped(title, 80)}`) : []),
    queuedLine(card.queued),
    lastLine(card),
  ]
  return lines.filter((line) => line !== '').join('\n')
}

function headLine({ agent, status, waitingFor, startedAt, finishedAt, now }: CardState): string {
  const [emoji, words] = status === 'waiting' && waitingFor ? WAITING[waitingFor] : STATES[status]
  // Of the time that it waits nothing is to be told.
  const isTimed = startedAt !== undefined && (status === 'running' || finishedAt !== undefined)
  const elapsed = isTimed
    ? elapsedText((finishedAt ?? now).getTime() - startedAt.getTime(), finishedAt !== undefined)
    : ''
  return `${emoji} ${escaped(agent, 40)} · ${words}${elapsed === '' ? '' : ` · ${elapsed}`}`
}

/** As it is while it is short; else what is done becomes one line, and what comes next stands first. */
function planLines(plan: CardState['plan']): string[] {
  const line = ({ text, state }: CardState['plan'][number]) => `${PLAN_MARKS[state]} ${escaped(text, 80)}`
  if (plan.length <= PLAN_LINES) return plan.map(line)
  const done = plan.filter(({ state }) => state === 'done').length
  const next = [...plan.filter(({ state }) => state === 'active'), ...plan.filter(({ state }) => state === 'pending')]
  const shown = next.slice(0, done > 0 ? PLAN_LINES - 1 : PLAN_LINES)
  const more = next.length - shown.length
  return [
    ...(done > 0 ? [`${PLAN_MARKS.done} ${done} done`] : []),
    ...shown.map(line),
    ...(more > 0 ? [`+ ${more} more`] : []),
  ]
}

function queuedLine(queued: readonly string[]): string {
  if (queued.length === 0) return ''
  const titles = queued.slice(0, QUEUED_TITLES).map((title) => escaped(title, 40))
  return `${queued.length} queued: ${titles.join('; ')}${queued.length > titles.length ? '; …' : ''}`
}

function lastLine({ usd, spendTokens, branch, verbosity }: CardState): string {
  const tokens = verbosity === 'verbose' || usd === null ? spendTokens : undefined
  return [
    usd === undefined ? '' : costText(usd),
    tokens === undefined ? '' : `${tokens.toLocaleString('en-US')} tokens`,
    branch === undefined ? '' : `branch ${escaped(branch, 100)}`,
  ]
    .filter((part) => part !== '')
    .join(' · ')
}
