import { fileURLToPath } from 'node:url'
import type { Reporter, TestCase, TestResult } from 'vitest/node'
import { startVitest } from 'vitest/node'
import { shortNote, type Cell } from './table.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

/** Of everything that can be run. `pattern`: of a case's name behind the name of its place. */
export interface Part {
  agents?: readonly string[]
  pattern?: string
}

/** Runs the conformance suite, and tells of each case as it ends: the whole takes minutes. */
export async function runCells({ agents = [], pattern }: Part): Promise<Cell[]> {
  const cells: Cell[] = []
  const vitest = await startVitest('test', [], {
    config: `${FOLDER}vitest.config.ts`,
    root: FOLDER,
    watch: false,
    reporters: [reporterInto(cells)],
    ...(agents.length > 0 && { project: [...agents] }),
    ...(pattern !== undefined && { testNamePattern: pattern }),
  })
  await vitest.close()
  return cells
}

/** This one alone. A run that brings nothing leaves it as it was. */
export async function runAgain(cell: Cell): Promise<Cell> {
  const pattern = `^${literally(`${cell.where} > ${cell.case}`)}$`
  const cells = await runCells({ agents: [cell.agent], pattern })
  const failed = cells.find(({ state }) => state === 'failed')
  return failed ? { ...cell, note: failed.note } : (cells[0] ?? cell)
}

/** As a pattern. */
export function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function reporterInto(cells: Cell[]): Reporter {
  return {
    onTestCaseResult(test) {
      const cell = cellOf(test)
      // Left out by its name.
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
