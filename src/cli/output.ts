import { styleText } from 'node:util'
import { plainText } from '../lib/log.ts'
import type { Io } from './parts.ts'

export type Style = Parameters<typeof styleText>[0]

/** Results on standard output, notes for people on standard error. */
export interface Output {
  /** Whether a person sits there who can be asked. */
  readonly canAsk: boolean
  /** A piece of text, as it comes; control characters of whoever wrote it are taken out. */
  write(text: string): void
  print(line: string): void
  note(line: string): void
  json(value: unknown): void
  /** Styled where standard output is a terminal that wants colours. */
  style(style: Style, text: string): string
  /** The same for standard error. */
  noteStyle(style: Style, text: string): string
  table(head: readonly string[], rows: readonly (readonly string[])[]): void
}

export function createOutput({ stdin, stdout, stderr }: Io, env: NodeJS.ProcessEnv): Output {
  let isMidLine = false
  let isAfterLine = false
  const paint = (stream: Io['stdout' | 'stderr'], style: Style, text: string) =>
    wantsColor(stream, env) ? styleText(style, text, { validateStream: false }) : text
  /** Both streams end on the same terminal: a line begins on a line of its own. */
  const line = (stream: Io['stdout' | 'stderr'], text: string) => {
    if (isMidLine) stdout.write('\n')
    isMidLine = false
    isAfterLine = true
    stream.write(`${text}\n`)
  }
  return {
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    write(text) {
      // A line of ours already parts the pieces of a text.
      const plain = isAfterLine ? plainText(text).replace(/^\n+/, '') : plainText(text)
      if (plain === '') return
      isAfterLine = false
      isMidLine = !plain.endsWith('\n')
      stdout.write(plain)
    },
    print: (text) => line(stdout, text),
    note: (text) => line(stderr, text),
    json: (value) => line(stdout, JSON.stringify(value, null, 2)),
    style: (style, text) => paint(stdout, style, text),
    noteStyle: (style, text) => paint(stderr, style, text),
    table(head, rows) {
      const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
      const layOut = (cells: readonly string[]) =>
        cells
          .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
          .join('  ')
          .slice(0, stdout.isTTY === true ? stdout.columns : undefined)
      line(stdout, paint(stdout, 'dim', layOut(head)))
      for (const row of rows) line(stdout, layOut(row.map(oneLine)))
    },
  }
}

/** https://no-color.org and https://force-color.org. */
function wantsColor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0'
  return stream.isTTY === true && env.TERM !== 'dumb'
}

/** Foreign text within a line: no control characters, no line breaks. */
export const oneLine = (text: string) => plainText(text).replace(/\s+/g, ' ').trim()

/** How long ago, as people say it. */
export function ago(time: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}
