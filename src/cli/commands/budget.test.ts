import { expect, test } from 'vitest'
import { openTestCli, type TestCli } from '../../../test/cli-kit.ts'
import { startTask } from '../../../test/http-kit.ts'
import { asAgentSays, check, claimOne, endRun, NOTHING, record } from '../../../test/usage-kit.ts'
import type { BudgetList, Usage } from '../../http/wire.ts'
import type { Task } from '../../tasks/task.ts'

async function startRun({ api }: TestCli): Promise<Task> {
  await startTask(api)
  return claimOne(api.database)
}

/** The cells of each line of a table. */
const tableOf = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/))

test('a budget is set, listed with what was spent, and removed', async () => {
  await using cli = await openTestCli()
  const task = await startRun(cli)
  await record(cli.api.database, task)
  const set = await cli.drover(['budget', 'set', '--task', task.id, '--calls', '3', '--usd', '2.50'])
  expect(set).toMatchObject({ code: 0, err: '' })
  expect(set.out).toMatch(
    /^Set for task tsk_\w+: 3 calls, \$2\.50 in total \(bud_\w+\)\nSpent so far: 1 call, \$0\.25\n$/,
  )
  await cli.drover(['budget', 'set', '--codebase', 'app', '--tokens', '50000', '--daily'])
  await cli.drover(['budget', 'set', '--usd', '50'])
  const { budgets } = JSON.parse((await cli.drover(['budget', 'list', '--json'])).out) as BudgetList
  const [first, second, third] = budgets.map(({ id }) => id)
  expect(tableOf((await cli.drover(['budget', 'list'])).out)).toEqual([
    ['BUDGET', 'FOR', 'PERIOD', 'AT MOST', 'SPENT'],
    [first, `task ${task.id}`, 'in total', '3 calls, $2.50', '1 call, $0.25'],
    [second, 'codebase app', 'a day (UTC)', '50,000 tokens', '16 tokens'],
    [third, 'everything', 'in total', '$50.00', '$0.25'],
  ])
  expect(await cli.drover(['budget', 'remove', first ?? ''])).toMatchObject({ code: 0, out: `Removed ${first}.\n` })
  expect(await cli.drover(['budget', 'remove', first ?? ''])).toMatchObject({ code: 2 })
  await cli.drover(['budget', 'remove', second ?? '', '--json'])
  await cli.drover(['budget', 'remove', third ?? ''])
  expect(await cli.drover(['budget', 'list'])).toMatchObject({ out: '', err: expect.stringContaining('No budgets') })
})

test('the command that a refusal names does what it says', async () => {
  await using cli = await openTestCli()
  const { database } = cli.api
  const task = await startRun(cli)
  for (const budget of [
    ['--task', task.id, '--calls', '1'],
    ['--codebase', 'app', '--daily', '--usd', '0.20', '--tokens', '1000'],
    ['--agent', 'scripted', '--tokens', '10'],
    ['--conversation', task.conversationId ?? '', '--usd', '0.25'],
    ['--calls', '1', '--daily'],
  ]) {
    expect(await cli.drover(['budget', 'set', ...budget])).toMatchObject({ code: 0 })
  }
  await record(database, task)
  // Each is told, raised, and out of the way.
  const told: string[] = []
  for (let verdict = await check(database, task); verdict.refusal; verdict = await check(database, task)) {
    const { sentence, budget } = verdict.refusal
    told.push(`${budget.scope} ${budget.period}`)
    const [, command = ''] = /: drover (.+)$/.exec(sentence) ?? []
    expect(await cli.drover(command.split(' '))).toMatchObject({ code: 0 })
  }
  expect(told.toSorted()).toEqual(['agent total', 'codebase day', 'conversation total', 'org day', 'task total'])
  const { budgets } = JSON.parse((await cli.drover(['budget', 'list', '--json'])).out) as BudgetList
  expect(budgets).toHaveLength(5)
  expect(budgets.find(({ scope }) => scope === 'codebase')).toMatchObject({ maxUsd: 0.4, maxTokens: 1_000 })
})

test.each([
  ['nothing is limited', [], '--calls, --tokens or --usd'],
  ['two things at once', ['--task', 't', '--agent', 'a', '--calls', '1'], 'for one thing'],
  ['a number that is none', ['--calls', 'many'], 'a whole number above 0'],
  ['no calls at all', ['--calls', '0'], 'a whole number above 0'],
  ['an amount that is none', ['--usd', '$5'], 'an amount above 0'],
  ['nothing in dollars', ['--usd', '0.00'], 'an amount above 0'],
  ['an agent that is not there', ['--agent', 'nobody', '--calls', '1'], 'There is no agent "nobody"'],
])('a budget that cannot be is refused: %s', async (_, options, told) => {
  await using cli = await openTestCli()
  expect(await cli.drover(['budget', 'set', ...options])).toMatchObject({ code: 2, err: expect.stringContaining(told) })
})

test('usage is a table, and money that nobody knows is unknown and never 0', async () => {
  await using cli = await openTestCli()
  const { database } = cli.api
  expect(await cli.drover(['usage'])).toMatchObject({ code: 0, out: '', err: expect.stringContaining('No model was') })
  const task = await startRun(cli)
  await record(database, task, { inputTokens: 12_345 })
  await record(database, task, { model: 'own', usd: null })
  expect(tableOf((await cli.drover(['usage', '--by', 'model'])).out)).toEqual([
    ['MODEL', 'TASKS', 'CALLS', 'INPUT', 'OUTPUT', 'CACHED', 'COST'],
    ['opus', '1', '1', '12,345', '5', '1', '$0.25'],
    ['own', '1', '1', '10', '5', '1', 'unknown'],
    ['TOTAL', '1', '2', '12,355', '10', '2', 'at least $0.25'],
  ])
  await endRun(database, task)
  await endRun(database, await startRun(cli), NOTHING)
  const byAgent = await cli.drover(['usage', '--by', 'agent'])
  expect(tableOf(byAgent.out).slice(1)).toEqual([
    ['scripted', '2', 'at least 2', '12,355', '10', '2', 'at least $0.25'],
    ['TOTAL', '2', 'at least 2', '12,355', '10', '2', 'at least $0.25'],
  ])
  expect(byAgent.err).toContain('nobody counts')
  expect(tableOf((await cli.drover(['usage', '--by', 'model'])).out)[3]).toEqual([
    'unknown',
    '1',
    'unknown',
    'unknown',
    'unknown',
    'unknown',
    'unknown',
  ])
  await endRun(database, await startRun(cli), asAgentSays(0.004))
  expect((await cli.drover(['usage'])).out).toMatch(
    /^DAY \(UTC\) +TASKS[^]*\n\d{4}-\d\d-\d\d +3 [^]*at least \$0\.25\nTOTAL/,
  )
})

test('usage since a date, for programs, and of what there is none', async () => {
  await using cli = await openTestCli()
  const task = await startRun(cli)
  await record(cli.api.database, task, { usd: 0.004 })
  const { by, from, total } = JSON.parse(
    (await cli.drover(['usage', '--by', 'person', '--since', '2026-01-31', '--json'])).out,
  ) as Usage
  expect({ by, from, calls: total.calls, usd: total.usd }).toEqual({
    by: 'person',
    from: '2026-01-31T00:00:00.000Z',
    calls: 1,
    usd: 0.004,
  })
  expect((await cli.drover(['usage', '--by', 'codebase'])).out).toMatch(/\napp +1 +1 +10 +5 +1 +\$0\.004\n/)
  expect(await cli.drover(['usage', '--since', '9999-01-01'])).toMatchObject({
    code: 0,
    err: expect.stringContaining('since 9999-01-01'),
  })
  expect(await cli.drover(['usage', '--since', 'monday'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('from'),
  })
  expect(await cli.drover(['usage', '--by', 'week'])).toMatchObject({ code: 2, err: expect.stringContaining('by:') })
})
