/** `npm run test:agents`: the driver conformance suite on the vendors' real agents, with a fake model. README.md says what that shows. */
import { fileURLToPath } from 'node:url'
import type { Reporter, TestCase, TestResult } from 'vitest/node'
import { startVitest } from 'vitest/node'
import { UserError } from '../../src/lib/errors.ts'
import { CASES } from '../driver-conformance.ts'
import { installAgents } from './install.ts'
import { KNOWN } from './known.ts'
import { readOptions, USAGE } from './options.ts'
import { SUBJECTS } from './subjects.ts'
import { judge, renderTable, shortNote, type Cell } from './table.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

async function main(argv: string[]) {
  const agents = SUBJECTS.map(({ name }) => name)
  const options = readOptions(argv, agents)
  if (options.help) return console.log(`${USAGE}\n\nAgents: ${agents.join(', ')}`)
  const strays = KNOWN.filter((bug) => !CASES.some(({ name }) => name === bug.case) || !agents.includes(bug.agent))
  if (strays.length > 0)
    throw new UserError('agents-known', `known.ts has entries of no cell: ${JSON.stringify(strays)}`)
  installAgents(FOLDER)

  if (options.unfenced) process.env.DROVER_TEST_UNFENCED = '1'
  const startedAt = Date.now()
  const cells: Cell[] = []
  const vitest = await startVitest('test', [], {
    config: `${FOLDER}vitest.config.ts`,
    root: FOLDER,
    watch: false,
    reporters: [reporterInto(cells)],
    ...(options.only.length > 0 && { project: options.only }),
    ...(options.case !== undefined && { testNamePattern: escape(options.case) }),
  })
  await vitest.close()

  const verdict = judge(cells, KNOWN)
  console.log(`\n${renderTable(cells, verdict)}\n\n${Math.round((Date.now() - startedAt) / 1000)} s`)
  const { passed, failed, known } = verdict
  console.log(`${passed.length} passed, ${failed.length} failed, ${known.length} known`)
  process.exitCode = failed.length === 0 && passed.length > 0 ? 0 : 1
}

/** A line for each case as it ends: the whole takes minutes. */
function reporterInto(cells: Cell[]): Reporter {
  return {
    onTestCaseResult(test) {
      const cell = cellOf(test)
      // Left out by --case.
      if (!cell) return
      cells.push(cell)
      if (cell.state === 'skipped') return
      const seconds = `${(cell.ms / 1000).toFixed(1)} s`.padStart(7)
      console.log(`${cell.state === 'passed' ? 'pass' : 'FAIL'} ${seconds}  ${cell.agent}  ${cell.case}`)
    },
    onTestRunEnd(modules, errors) {
      // A suite that cannot even be loaded has no cases to count.
      for (const error of [...errors, ...modules.flatMap((module) => module.errors())]) {
        cells.push({
          agent: 'suite',
          where: '',
          case: 'runs at all',
          state: 'failed',
          note: shortNote(error.stack ?? error.message),
          ms: 0,
        })
      }
    },
  }
}

function cellOf(test: TestCase): Cell | undefined {
  const result = test.result()
  if (result.state === 'pending' || (result.state === 'skipped' && result.note === undefined)) return undefined
  return {
    agent: test.project.name,
    where: 'name' in test.parent ? test.parent.name : '',
    case: test.name,
    state: result.state,
    note: noteOf(result),
    ms: test.diagnostic()?.duration ?? 0,
  }
}

function noteOf(result: TestResult): string {
  if (result.state === 'skipped') return result.note ?? ''
  return shortNote((result.errors ?? []).map(({ message, diff }) => `${message} ${diff ?? ''}`).join(' '))
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
