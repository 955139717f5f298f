import type { Io } from './parts.ts'
import type { Prompt } from './line-reader.ts'

/** A terminal whose last rows live: what is printed stands above them for good, and they are drawn again in place. */
export interface Screen {
  /** Whole lines. */
  print(text: string): void
  /** From now on these are the last lines, above the prompt. */
  live(lines: readonly string[]): void
  /** Somebody pressed Enter: what was typed, in so many rows, stands for good. */
  typed(rows: number, text: string): void
  /** Nothing lives any more. */
  close(): void
}

type Terminal = Io['stdout'] & { rows?: number }

export function createScreen(terminal: Terminal, prompt: Prompt | undefined): Screen {
  let lines: readonly string[] = []
  let drawnRows = 0
  let isOpen = true

  /** The cursor stands so many rows below the first living one. */
  function draw(cursorRows: number, above: string) {
    const columns = (terminal.columns ?? 80) - 1
    // What is higher than the terminal cannot be reached to draw it again.
    const rows = lines.flatMap((line) => rowsOf(line, columns)).slice(-Math.max(1, (terminal.rows ?? 24) - 4))
    const up = cursorRows > 0 ? `\u001b[${cursorRows}A` : ''
    terminal.write(`\r${up}\u001b[J${above}${rows.map((row) => `${row}\n`).join('')}`)
    drawnRows = rows.length
    if (isOpen) prompt?.draw()
  }
  const cursorRows = () => drawnRows + (prompt?.rows() ?? 0)

  return {
    print: (text) => draw(cursorRows(), text.endsWith('\n') ? text : `${text}\n`),
    live(next) {
      if (next.length === lines.length && next.every((line, index) => line === lines[index])) return
      const before = cursorRows()
      lines = next
      draw(before, '')
    },
    typed: (rows, text) => draw(drawnRows + rows, `${text}\n`),
    close() {
      const before = cursorRows()
      isOpen = false
      lines = []
      draw(before, '')
    },
  }
}

/** A line in pieces that each fit into a row for certain: what is wide in some terminals counts as wide. */
export function rowsOf(line: string, columns: number): string[] {
  const rows: string[] = []
  let row = ''
  let width = 0
  for (const letter of line) {
    const own = (letter.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2
    if (width + own > columns) {
      rows.push(row)
      row = ''
      width = 0
    }
    row += letter
    width += own
  }
  return [...rows, row]
}
