import { stripVTControlCharacters } from 'node:util'
import { NEEDS_FENCE } from '../driver-conformance.ts'
import type { KnownBug } from './known.ts'

/** One case of one agent in one place. */
export interface Cell {
  agent: string
  where: string
  case: string
  state: 'passed' | 'failed' | 'skipped'
  /** What went wrong, or why it does not apply. */
  note: string
  /** What went wrong when it was tried first, where it then passed. */
  firstFailure?: string
  ms: number
}

export interface Verdict {
  passed: Cell[]
  /** Those of them that passed at the second try only. */
  again: Cell[]
  failed: Cell[]
  known: { cell: Cell; bug: KnownBug }[]
  /** Known bugs that are mended: their entries can go. */
  mended: KnownBug[]
}

export function judge(cells: readonly Cell[], bugs: readonly KnownBug[]): Verdict {
  const bugOf = (cell: Cell) => bugs.find((bug) => bug.agent === cell.agent && bug.case === cell.case)
  const broken = cells.filter(({ state }) => state === 'failed')
  const known = broken.flatMap((cell) => {
    const bug = bugOf(cell)
    return bug ? [{ cell, bug }] : []
  })
  const passed = cells.filter(({ state }) => state === 'passed')
  const passing = new Set(passed.map(bugOf))
  return {
    passed,
    again: passed.filter(({ firstFailure }) => firstFailure !== undefined),
    failed: broken.filter((cell) => !bugOf(cell)),
    known,
    mended: bugs.filter((bug) => passing.has(bug) && !known.some((entry) => entry.bug === bug)),
  }
}

/** Cases down, agents across; below it what the marks mean. */
export function renderTable(cells: readonly Cell[], { again, failed, known, mended }: Verdict): string {
  const columns = [...new Set(cells.map(columnOf))].toSorted()
  const cases = [...new Set(cells.map((cell) => cell.case))]
  const isKnown = new Set(known.map(({ cell }) => cell))
  const width = Math.max(...cases.map((name) => name.length))
  const widthOf = (column: string) => Math.max(column.length, MARKS.known.length)
  const row = (head: string, marks: string[]) =>
    [head.padEnd(width), ...marks.map((mark, index) => mark.padEnd(widthOf(columns[index] ?? '')))].join('  ').trimEnd()
  const markOf = (name: string, column: string) => {
    const cell = cells.find((candidate) => candidate.case === name && columnOf(candidate) === column)
    if (cell?.note === NEEDS_FENCE) return MARKS.open
    if (cell?.firstFailure !== undefined) return MARKS.again
    return cell ? MARKS[isKnown.has(cell) ? 'known' : cell.state] : ''
  }
  return [
    row('', columns),
    ...cases.map((name) =>
      row(
        name,
        columns.map((column) => markOf(name, column)),
      ),
    ),
    '',
    ...failed.map((cell) => `FAILED  ${columnOf(cell)}: ${cell.case}\n        ${cell.note}`),
    ...again.map((cell) => `again   ${columnOf(cell)}: ${cell.case}\n        Failed first: ${cell.firstFailure}`),
    ...known.map(({ cell, bug }) => `known   ${columnOf(cell)}: ${cell.case}\n        ${bug.reason} (${bug.version})`),
    ...mended.map((bug) => `mended  ${bug.agent}: ${bug.case}\n        It passes: the entry in known.ts can go.`),
  ].join('\n')
}

const MARKS = { passed: 'pass', again: 'again', failed: 'FAIL', known: 'known', skipped: '–', open: 'open' }

function columnOf({ agent, where }: Cell): string {
  return where === 'in bubblewrap' ? agent : `${agent}, ${where}`
}

/** The first lines of an error, without colours and on one line. */
export function shortNote(message: string): string {
  const plain = stripVTControlCharacters(message).replaceAll(/\s+/g, ' ').trim()
  return plain.length > 800 ? `${plain.slice(0, 800)}…` : plain
}
