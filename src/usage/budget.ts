/** Budgets, and what is said of them to people and agents. Pure: the sums come from `store.ts`. */
import type { Id } from '../lib/ids.ts'

export const BUDGET_SCOPES = ['org', 'conversation', 'codebase', 'agent', 'task'] as const
/** A day is a day in UTC. */
export const BUDGET_PERIODS = ['total', 'day'] as const

/** How much may be spent on what. At least one of the three is not null. */
export interface BudgetTerms {
  scope: (typeof BUDGET_SCOPES)[number]
  /** An id, or an agent's name; null for the org. */
  key: string | null
  period: (typeof BUDGET_PERIODS)[number]
  maxUsd: number | null
  maxCalls: number | null
  /** Of all kinds. Reasoning is a part of the output. */
  maxTokens: number | null
}

export interface Spent {
  calls: number
  tokens: number
  /** Of what has a price; null where nothing has one. */
  usd: number | null
  /** Calls, and runs that nobody metered, without a known price. */
  unpriced: number
}

export interface Budget extends BudgetTerms {
  id: Id<'budget'>
  /** A codebase's name. */
  name: string | null
  createdAt: Date
  spent: Spent
}

export interface BudgetVerdict {
  /** No further call. `until`: when a day's budget begins anew; without it, not before somebody raises it. */
  refusal?: { budget: Budget; sentence: string; until?: Date }
  /** Only where nothing is refused: the budget that is nearest to its end. */
  warning?: { budgetId: Id<'budget'>; sentence: string }
}

const WARN_FROM = 0.8

/** What budgets with their sums mean for the next call. */
export function judgeBudgets(budgets: readonly Budget[], nextDay: Date): BudgetVerdict {
  const uses = budgets.flatMap(usesOf).toSorted((a, b) => b.share - a.share)
  const spent = uses.filter(({ share }) => share >= 1)
  // Of two, the one that lasts longer: nobody is to wait for midnight in vain.
  const refusing = spent.find(({ budget }) => budget.period === 'total') ?? spent[0]
  if (refusing) {
    const { budget } = refusing
    const until = budget.period === 'day' ? { until: nextDay } : {}
    return { refusal: { budget, sentence: refusalSentence(refusing), ...until } }
  }
  const [nearest] = uses
  if (!nearest || nearest.share < WARN_FROM) return {}
  return { warning: { budgetId: nearest.budget.id, sentence: warningSentence(nearest) } }
}

type Unit = 'calls' | 'tokens' | 'usd'

/** One limit of a budget, and how far it is used. */
interface Use {
  budget: Budget
  unit: Unit
  max: number
  spent: number
  share: number
}

function usesOf(budget: Budget): Use[] {
  const { maxCalls, maxTokens, maxUsd, spent } = budget
  const use = (unit: Unit, max: number | null, amount: number): Use[] =>
    max === null ? [] : [{ budget, unit, max, spent: amount, share: amount / max }]
  return [
    ...use('calls', maxCalls, spent.calls),
    ...use('tokens', maxTokens, spent.tokens),
    ...use('usd', maxUsd, spent.usd ?? 0),
  ]
}

function refusalSentence(use: Use): string {
  const { period } = use.budget
  const next =
    period === 'day'
      ? 'It begins anew at 00:00 UTC. Raise it and the work goes on at once'
      : 'Raise it and the work goes on by itself'
  return `The ${nameOf(use)} is spent (${stateOf(use)}).${gapIn(use)} ${next}: ${raiseCommand(use.budget)}`
}

function warningSentence(use: Use): string {
  const percent = Math.floor(use.share * 100)
  return `${percent} % of the ${nameOf(use)} is spent (${stateOf(use)}).${gapIn(use)} To raise it: ${raiseCommand(use.budget)}`
}

const nameOf = ({ budget, unit, max }: Use) =>
  `budget of ${withUnit(unit, max)}${budget.period === 'day' ? ' a day' : ''} for ${subjectOf(budget)}`

const stateOf = ({ unit, spent, max }: Use) => `${amountText(unit, spent)} of ${amountText(unit, max)}`

/** What has no price counts as nothing: whoever reads the sum must know. */
const gapIn = ({ unit, budget }: Use) =>
  unit === 'usd' && budget.spent.unpriced > 0 ? ' Some calls had no known price and are not in this sum.' : ''

function subjectOf({ scope, key, name }: Budget): string {
  switch (scope) {
    case 'org':
      return 'the whole org'
    case 'codebase':
      return `the codebase ${name ?? key}`
    case 'agent':
      return `the agent ${key}`
    case 'conversation':
    case 'task':
      return `this ${scope}`
  }
}

/** All limits of the budget are in it, since it replaces what was set; those that are nearly used up are doubled. */
function raiseCommand(budget: Budget): string {
  const { scope, key, name, period } = budget
  const subject = scope === 'org' ? [] : [`--${scope} ${name ?? key}`]
  const limits = usesOf(budget).map(({ unit, max, spent, share }) => {
    const raised = share < WARN_FROM ? max : 2 * (spent < 2 * max ? max : Math.ceil(spent))
    return `--${unit} ${Number(raised.toFixed(6))}`
  })
  return ['drover budget set', ...subject, ...(period === 'day' ? ['--daily'] : []), ...limits].join(' ')
}

function withUnit(unit: Unit, amount: number): string {
  const text = amountText(unit, amount)
  if (unit === 'usd') return text
  const noun = unit === 'calls' ? 'model call' : 'token'
  return `${text} ${noun}${amount === 1 ? '' : 's'}`
}

function amountText(unit: Unit, amount: number): string {
  if (unit !== 'usd') return amount.toLocaleString('en-US')
  // Cents, and where that would hide it, what there is below them.
  return `$${amount > 0 && amount < 0.1 ? Number(amount.toFixed(6)) : amount.toFixed(2)}`
}
