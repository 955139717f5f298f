import { createInterface, type Interface } from 'node:readline/promises'
import type { Io } from './parts.ts'

/** Where somebody types, at the bottom of a terminal. */
export interface Prompt {
  /** In how many rows below its first one the cursor stands. */
  rows(): number
  /** Draws it, with what is typed so far, from the start of a row on. */
  draw(): void
  setText(text: string): void
}

export interface LineReader {
  /** The next line; those that came before anybody asked are kept: a pipe is faster than an agent. Undefined at the end of the input, or after `close`. */
  next(): Promise<string | undefined>
  /** Where somebody types; none at the end of a pipe. */
  prompt: Prompt | undefined
  close(): void
}

interface ReaderOptions {
  /** The terminal to echo on; none: lines of a pipe. */
  output?: Io['stdout' | 'stderr']
  /** The cursor stands in the row below what was typed, which took so many rows. */
  onEnter?: (rows: number, shown: string) => void
  onInterrupt: () => void
}

export function openLineReader(input: Io['stdin'], { output, onEnter, onInterrupt }: ReaderOptions): LineReader {
  const lines = createInterface({ input, ...(output && { output }), terminal: output !== undefined })
  let isOpen = true
  let rowsAtEnter = 1
  if (output) {
    // Seen before readline takes the line away.
    input.prependListener('keypress', (_text, key: { name?: string } | undefined) => {
      // After a paste readline is wrong about the row in which its cursor stands, and would leave some of it behind.
      Object.assign(lines, { prevRows: lines.getCursorPos().rows })
      if (key?.name === 'return' || key?.name === 'enter') rowsAtEnter = endOf(lines).rows + 1
    })
    lines.on('line', (line) => onEnter?.(rowsAtEnter, `${lines.getPrompt()}${line}`))
  }
  lines.on('close', () => (isOpen = false))
  // In a terminal readline takes Ctrl-C away from the process.
  lines.on('SIGINT', onInterrupt)
  const iterator = lines[Symbol.asyncIterator]()

  return {
    async next() {
      const { value, done } = await iterator.next()
      return done === true ? undefined : value
    },
    prompt: output && {
      rows: () => (isOpen ? lines.getCursorPos().rows : 0),
      // Not by readline's own `prompt()`, which first goes up to where it drew last.
      draw() {
        if (!isOpen) return
        const cursor = lines.getCursorPos()
        const end = endOf(lines)
        const wrap = end.cols === 0 && end.rows > 0 ? ' ' : ''
        const up = end.rows > cursor.rows ? `\u001b[${end.rows - cursor.rows}A` : ''
        output.write(
          `${lines.getPrompt()}${lines.line}${wrap}\r${up}${cursor.cols > 0 ? `\u001b[${cursor.cols}C` : ''}`,
        )
      },
      setText: (text) => lines.setPrompt(text),
    },
    close: () => lines.close(),
  }
}

/** Where the end of what is typed stands, in rows and columns from the start of the prompt. */
function endOf(lines: Interface): { rows: number; cols: number } {
  const { cursor } = lines
  Object.assign(lines, { cursor: lines.line.length })
  const end = lines.getCursorPos()
  Object.assign(lines, { cursor })
  return end
}
