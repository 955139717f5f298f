/** `npm run test:agents`: the driver conformance suite on the vendors' real agents, with a fake model. README.md says what that shows. */
import { fileURLToPath } from 'node:url'
import { UserError } from '../../src/lib/errors.ts'
import { CASES } from '../driver-conformance.ts'
import { installAgents } from './install.ts'
import { KNOWN } from './known.ts'
import { readOptions, USAGE } from './options.ts'
import { literally, runAgain, runCells } from './run-cells.ts'
import { SUBJECTS } from './subjects.ts'
import { judge, renderTable, type Cell } from './table.ts'

/** More than these fail for a reason, and not by accident of a busy machine. */
const MOST_TRIED_AGAIN = 10

async function main(argv: string[]) {
  const agents = SUBJECTS.map(({ name }) => name)
  const options = readOptions(argv, agents)
  if (options.help) return console.log(`${USAGE}\n\nAgents: ${agents.join(', ')}`)
  const strays = KNOWN.filter((bug) => !CASES.some(({ name }) => name === bug.case))
  if (strays.length > 0)
    throw new UserError('agents-known', `known.ts has entries of no case: ${JSON.stringify(strays)}`)
  installAgents(fileURLToPath(new URL('.', import.meta.url)))

  if (options.unfenced) process.env.DROVER_TEST_UNFENCED = '1'
  const startedAt = Date.now()
  const cells = await withSecondTries(
    await runCells({
      agents: options.only,
      ...(options.case !== undefined && { pattern: literally(options.case) }),
    }),
  )

  const verdict = judge(cells, KNOWN)
  console.log(`\n${renderTable(cells, verdict)}\n\n${Math.round((Date.now() - startedAt) / 1000)} s`)
  const { passed, again, failed, known } = verdict
  const ofThem = again.length > 0 ? ` (${again.length} at the second try)` : ''
  console.log(`${passed.length} passed${ofThem}, ${failed.length} failed, ${known.length} known`)
  process.exitCode = failed.length === 0 && passed.length > 0 ? 0 : 1
}

/** What failed, and should not have, once more: one after the other, with nothing beside it. */
async function withSecondTries(cells: Cell[]): Promise<Cell[]> {
  const failed = judge(cells, KNOWN).failed.filter(({ agent }) => agent !== 'suite')
  if (failed.length === 0 || failed.length > MOST_TRIED_AGAIN) return cells
  console.log(`\nOnce more, alone:`)
  const seconds = new Map<Cell, Cell>()
  for (const first of failed) {
    const second = await runAgain(first)
    seconds.set(first, second.state === 'passed' ? { ...second, firstFailure: first.note } : second)
  }
  return cells.map((cell) => seconds.get(cell) ?? cell)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
