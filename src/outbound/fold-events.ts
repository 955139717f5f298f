import type { Spend } from '../agents/driver.ts'
import type { LoggedEvent, TaskEvent } from '../events/event.ts'
import type { CardState } from './status-card.ts'

type Of<Type extends LoggedEvent['type']> = Extract<LoggedEvent, { type: Type }>
type Money = Pick<CardState, 'usd' | 'spendTokens'>

/** What the events of a task come to for its card. Plain JSON: it may be kept, and folded on. */
export interface Folded {
  /** The newest event in it. */
  seq: number
  step?: string
  /** The newest last. */
  tools: { id: string; title: string }[]
  plan: CardState['plan']
  /** The last warning, while nothing has happened since. */
  notice?: string
  /** Of the turn that runs, or ran last; totals within a turn only grow. */
  turn?: { attempt: number; usd: number | null; tokens: number }
  /** Of the turns before it. */
  earlier?: { usd: number | null; tokens: number }
}

/** More than a card shows: of tools that run side by side, the end of one must not be taken for the begin of another. */
const KEPT_TOOLS = 10

export const nothingFolded: Folded = { seq: 0, tools: [], plan: [] }

/** Pure. Events that are in it already change nothing. */
export function foldEvents(state: Folded, events: readonly TaskEvent[]): Folded {
  return events.reduce(
    (state, event) => (event.seq > state.seq ? { ...fold(state, event), seq: event.seq } : state),
    state,
  )
}

/** What a card shows of it. */
export function cardNews(state: Folded): Pick<CardState, 'step' | 'plan' | 'tools' | 'notice'> & Money {
  return {
    step: state.step,
    plan: state.plan,
    tools: state.tools.map(({ title }) => title),
    ...(state.notice !== undefined && { notice: state.notice }),
    ...moneyOf(state),
  }
}

function fold(state: Folded, { event, attempt }: TaskEvent): Folded {
  switch (event.type) {
    case 'step':
      return withStep(state, event.text)
    case 'tool':
      return withTool(state, event)
    case 'question':
      return withStep(state, event.title)
    case 'plan':
      return { ...state, plan: event.items }
    case 'notice':
      return event.level === 'warn' ? { ...state, notice: event.text } : state
    case 'spend':
      return withSpend(state, event.total, attempt)
    case 'state':
      return withState(state, event)
    case 'text':
      return withoutNotice(state)
    case 'session':
    case 'thought':
    case 'result':
      return state
  }
}

const withStep = (state: Folded, step: string): Folded => ({ ...withoutNotice(state), step })

function withoutNotice(state: Folded): Folded {
  const { notice: _, ...rest } = state
  return rest
}

function withTool(state: Folded, { id, title, state: is }: Of<'tool'>): Folded {
  const said = is === 'failed' || is === 'denied' ? `✗ ${title} (${is})` : title
  const isKnown = state.tools.some((tool) => tool.id === id)
  const tools = isKnown
    ? state.tools.map((tool) => (tool.id === id ? { id, title: said } : tool))
    : [...state.tools, { id, title: said }].slice(-KEPT_TOOLS)
  // The end of a tool is no news while another runs.
  return tools.at(-1)?.id === id ? { ...withStep(state, said), tools } : { ...withoutNotice(state), tools }
}

function withState(state: Folded, event: Of<'state'>): Folded {
  const { step: _, ...rest } = withoutNotice(state)
  const isAsked = event.to === 'waiting' && event.waitingFor === 'input'
  const step = stepOfState(event) ?? (isAsked ? state.step : undefined)
  const tools = event.to === 'running' ? [] : state.tools
  return step === undefined ? { ...rest, tools } : { ...rest, tools, step }
}

/** Beside the state itself, which the card shows anyway: why, and until when. */
function stepOfState({ to, waitingFor, runAt, failure }: Of<'state'>): string | undefined {
  const why = failure?.message
  switch (to) {
    case 'scheduled':
      return why === undefined
        ? undefined
        : `Tried again${runAt === undefined ? ' later' : ` at ${utc(runAt)}`}. ${why}`
    case 'pending':
      return why === undefined ? undefined : `Tried again. ${why}`
    case 'waiting':
      if (waitingFor === 'limit' && runAt !== undefined) return `Until ${utc(runAt)}. ${why ?? ''}`.trim()
      return why
    case 'failed':
    case 'cancelled':
      return why
    case 'queued':
    case 'running':
    case 'completed':
      return undefined
  }
}

/** People of one room live in many time zones. */
const utc = (time: string) => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`

function withSpend(state: Folded, { usd, inputTokens, outputTokens }: Spend, attempt: number): Folded {
  const tokens = inputTokens + outputTokens
  const { turn } = state
  // Nothing is counted yet: not the same as something without a price.
  if (usd === null && tokens === 0) return state
  const isSameTurn = turn?.attempt === attempt && tokens >= turn.tokens
  const earlier = isSameTurn || !turn ? state.earlier : added(state.earlier, turn)
  return { ...state, ...(earlier && { earlier }), turn: { attempt, usd, tokens } }
}

function moneyOf({ earlier, turn }: Folded): Money {
  if (!turn) return { usd: undefined }
  const { usd, tokens } = added(earlier, turn)
  return { usd, spendTokens: tokens }
}

/** A sum of which a part is unknown is unknown. */
const added = (one: NonNullable<Folded['earlier']> = { usd: 0, tokens: 0 }, two: NonNullable<Folded['earlier']>) => ({
  usd: one.usd === null || two.usd === null ? null : one.usd + two.usd,
  tokens: one.tokens + two.tokens,
})
