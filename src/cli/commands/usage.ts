import type { Command } from 'commander'
import type { Usage, UsageSum } from '../../http/wire.ts'
import { addCommand, does, type Cli, type JsonOption } from '../cli.ts'
import { connect } from '../service.ts'

const HEADS: Readonly<Record<Usage['by'], string>> = {
  day: 'DAY (UTC)',
  agent: 'AGENT',
  codebase: 'CODEBASE',
  person: 'PERSON',
  model: 'MODEL',
}

export function addUsageCommand(program: Command, cli: Cli): void {
  const { out } = cli
  addCommand(program, 'usage', {
    about: 'what models cost',
    examples: ['drover usage', 'drover usage --by model --since 2026-11-01'],
  })
    .option('--by <what>', 'day, agent, codebase, person or model', 'day')
    .option('--since <date>', 'from this date on, or from this time (default: 30 days ago)')
    .action(
      does(cli, async ({ json, by, since }: JsonOption & { by: string; since?: string }) => {
        const query = new URLSearchParams({ by, ...(since !== undefined && { from: since }) })
        const usage = await (await connect(cli)).get<Usage>(`/v1/usage?${query.toString()}`)
        if (json === true) return out.json(usage)
        if (usage.rows.length === 0) return out.note(`No model was called since ${usage.from.slice(0, 10)}.`)
        out.table(
          [HEADS[usage.by], 'TASKS', 'CALLS', 'INPUT', 'OUTPUT', 'CACHED', 'COST'],
          [
            ...usage.rows.map((row) => [row.name ?? row.key ?? nameOfNone(usage.by), ...cells(row)]),
            ['TOTAL', ...cells(usage.total)],
          ],
        )
        if (usage.total.unmeteredRuns > 0) {
          out.note(
            'Where an agent calls its model itself, nobody counts the calls, and tokens and cost are what it says.',
          )
        }
      }),
    )
}

const nameOfNone = (by: Usage['by']) => (by === 'model' ? 'unknown' : 'none')

function cells(sum: UsageSum): string[] {
  const { tasks, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = sum
  const isKnown = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens > 0 || sum.unmeteredRuns === 0
  const tokens = (count: number) => (isKnown ? count.toLocaleString('en-US') : 'unknown')
  return [
    String(tasks),
    sum.unmeteredRuns === 0 ? sum.calls.toLocaleString('en-US') : sum.calls === 0 ? 'unknown' : `at least ${sum.calls}`,
    tokens(inputTokens),
    tokens(outputTokens),
    tokens(cacheReadTokens + cacheWriteTokens),
    moneyText(sum),
  ]
}

/** What has no price is unknown, and never 0. */
export function moneyText({ usd, unpriced }: Pick<UsageSum, 'usd' | 'unpriced'>): string {
  if (usd === null) return 'unknown'
  const text = `$${usd > 0 && usd < 0.1 ? Number(usd.toFixed(6)) : usd.toFixed(2)}`
  return unpriced === 0 ? text : `at least ${text}`
}
