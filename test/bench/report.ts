import type { Machine } from './machine.ts'
import type { Figure } from './measurement.ts'
import { median } from './statistics.ts'

/** The heading of a run, as lines. */
export function renderMachine({ date, cpu, memory, system, versions }: Machine): string {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `${date} · ${cpu} · ${memory} · ${system}\n${used.join(' · ')}`
}

/** A Markdown table: a line for each label, median (least–most) of the rounds for each candidate, and ours divided by theirs. */
export function renderFigures(figures: readonly Figure[], ours: string): string {
  if (figures.length === 0) return 'no figures'
  const candidates = unique(figures.map((figure) => figure.candidate))
  const others = candidates.filter((name) => name !== ours)
  const find = (label: string, name: string) =>
    figures.find((figure) => figure.label === label && figure.candidate === name)
  const rows = unique(figures.map((figure) => figure.label)).map((label) => [
    `${label}${unitOf(figures.find((figure) => figure.label === label))}`,
    ...candidates.map((name) => cell(find(label, name))),
    ...others.map((name) => ratio(find(label, ours), find(label, name))),
  ])
  return table([['', ...candidates, ...others.map((name) => `${ours} / ${name}`)], ...rows])
}

function unitOf(figure: Figure | undefined): string {
  switch (figure?.unit) {
    case undefined:
    case 'count':
      return ''
    case '/s':
      return ' /s (more is better)'
    case 'ms':
    case 's':
    case 'MB':
      return `, ${figure.unit}`
  }
}

function cell(figure: Figure | undefined): string {
  if (!figure) return '–'
  const { rounds } = figure
  if (typeof rounds === 'string') return rounds
  const middle = number(median(rounds))
  return rounds.length === 1 ? middle : `${middle} (${number(Math.min(...rounds))}–${number(Math.max(...rounds))})`
}

function ratio(our: Figure | undefined, their: Figure | undefined): string {
  if (!our || !their || typeof our.rounds === 'string' || typeof their.rounds === 'string') return '–'
  const divisor = median(their.rounds)
  return divisor === 0 || our.unit === 'count' ? '–' : (median(our.rounds) / divisor).toFixed(2)
}

function number(value: number): string {
  if (Number.isInteger(value) || value >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 10 ? 1 : 2)
}

function table(rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (row: string[]) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n')
}

const unique = (texts: readonly string[]) => [...new Set(texts)]
