import { InvalidArgumentError, type Command } from 'commander'
import type { Budget, BudgetList, NewBudget } from '../../http/wire.ts'
import { UserError } from '../../lib/errors.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { connect } from '../service.ts'
import { moneyText } from './usage.ts'

interface SetOptions extends JsonOption {
  task?: string
  conversation?: string
  codebase?: string
  agent?: string
  daily?: boolean
  calls?: number
  tokens?: number
  usd?: number
}

export function addBudgetCommands(program: Command, cli: Cli): void {
  const { out } = cli
  const budget = program.command('budget').description('how much models may cost')

  addCommand(budget, 'set', {
    about: 'set or replace a budget; what waits for it goes on by itself',
    examples: [
      'drover budget set --usd 50 --daily',
      'drover budget set --codebase my-app --usd 200',
      'drover budget set --task tsk_… --calls 6',
    ],
  })
    .option('--task <id>', 'for one task')
    .option('--conversation <id>', 'for one conversation')
    .option('--codebase <name>', 'for all work on a codebase')
    .option('--agent <name>', 'for all work of an agent; without any of these four, for everything')
    .option('--daily', 'each day anew, from 00:00 to 24:00 UTC (default: for ever)')
    .option('--calls <number>', 'at most so many calls of a model', wholeNumber)
    .option('--tokens <number>', 'at most so many tokens, of all kinds', wholeNumber)
    .option('--usd <amount>', 'at most so many dollars; calls without a known price do not count', amount)
    .action(
      does(cli, async (options: SetOptions) => {
        const set = await (await connect(cli)).put<Budget>('/v1/budgets', budgetFrom(options))
        if (options.json === true) return out.json(set)
        out.print(`Set for ${subjectOf(set)}: ${limitsOf(set)} ${periodOf(set)} (${set.id})`)
        out.print(`Spent so far: ${spentOf(set)}`)
      }),
    )

  addCommand(budget, 'list', { about: 'list all budgets, and what was spent of each' }).action(
    does(cli, async ({ json }: JsonOption) => {
      const list = await (await connect(cli)).get<BudgetList>('/v1/budgets')
      if (json === true) return out.json(list)
      if (list.budgets.length === 0) return out.note('No budgets: nothing is limited. Set one with: drover budget set')
      out.table(
        ['BUDGET', 'FOR', 'PERIOD', 'AT MOST', 'SPENT'],
        list.budgets.map((each) => [each.id, subjectOf(each), periodOf(each), limitsOf(each), spentOf(each)]),
      )
    }),
  )

  addCommand(budget, 'remove <id>', { about: 'remove a budget; what waits for it goes on by itself' }).action(
    does(cli, async (id: string, { json }: JsonOption) => {
      await (await connect(cli)).delete(`/v1/budgets/${encodeURIComponent(id)}`)
      if (json === true) out.json({ removed: id })
      else out.print(`Removed ${id}.`)
    }),
  )
}

function budgetFrom({ daily, calls, tokens, usd, ...options }: SetOptions): NewBudget {
  const subjects = (['task', 'conversation', 'codebase', 'agent'] as const).flatMap((scope) => {
    const key = options[scope]
    return key === undefined ? [] : [{ scope, key }]
  })
  if (subjects.length > 1) {
    throw new UserError(
      'settings',
      'A budget is for one thing. Give one of --task, --conversation, --codebase, --agent.',
    )
  }
  if ((calls ?? tokens ?? usd) === undefined) {
    throw new UserError(
      'settings',
      'Say how much: --calls, --tokens or --usd. A budget ends with: drover budget remove',
    )
  }
  return {
    ...(subjects[0] ?? { scope: 'org' }),
    period: daily === true ? 'day' : 'total',
    ...(calls !== undefined && { maxCalls: calls }),
    ...(tokens !== undefined && { maxTokens: tokens }),
    ...(usd !== undefined && { maxUsd: usd }),
  }
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number above 0.')
}

function amount(text: string): number {
  if (/^\d{1,6}(\.\d{1,6})?$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('It is an amount above 0, such as 5 or 2.50.')
}

const subjectOf = ({ scope, key, name }: Budget) => (scope === 'org' ? 'everything' : `${scope} ${name ?? key}`)
const periodOf = ({ period }: Budget) => (period === 'day' ? 'a day (UTC)' : 'in total')

/** Of what is limited, so that both can be compared. */
const limitsOf = (budget: Budget) =>
  amountsOf(budget, { calls: budget.maxCalls ?? 0, tokens: budget.maxTokens ?? 0, usd: budget.maxUsd, unpriced: 0 })
const spentOf = (budget: Budget) => amountsOf(budget, budget.spent)

function amountsOf({ maxCalls, maxTokens, maxUsd }: Budget, amounts: Budget['spent']): string {
  const count = (number: number, noun: string) => `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`
  return [
    ...(maxCalls === null ? [] : [count(amounts.calls, 'call')]),
    ...(maxTokens === null ? [] : [count(amounts.tokens, 'token')]),
    ...(maxUsd === null ? [] : [moneyText(amounts)]),
  ].join(', ')
}
