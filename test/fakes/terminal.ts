import { PassThrough, Writable } from 'node:stream'

/** A terminal of a few rows: what is written to it stands on it as on a real one, as far as readline and our screen go. */
export interface FakeTerminal {
  stdin: PassThrough & { isTTY: boolean }
  stdout: Writable & { isTTY: boolean; columns: number; rows: number }
  /** Everything that can be read, also what has scrolled away, without empty rows at the end. */
  text(): string
  /** Presses keys. */
  type(keys: string): void
}

/** CSI: parameters, then one letter. */
// oxlint-disable-next-line no-control-regex
const SEQUENCE = /^\u001b\[([\d;]*)([A-Za-z])/

export function createTerminal({ columns = 60, rows = 20 } = {}): FakeTerminal {
  /** All rows ever; the terminal shows the last ones. */
  const lines: string[][] = [[]]
  let row = 0
  let column = 0

  const top = () => Math.max(0, lines.length - rows)
  function lineFeed() {
    row++
    column = 0
    lines[row] ??= []
  }
  function put(letter: string) {
    if (column >= columns) lineFeed()
    const line = (lines[row] ??= [])
    while (line.length < column) line.push(' ')
    line[column++] = letter
  }
  function control(count: number, letter: string) {
    switch (letter) {
      case 'A':
        row = Math.max(top(), row - (count || 1))
        break
      case 'B':
        row = Math.min(lines.length - 1, row + (count || 1))
        break
      case 'C':
        column += count || 1
        break
      case 'D':
        column = Math.max(0, column - (count || 1))
        break
      case 'G':
        column = (count || 1) - 1
        break
      case 'J':
        lines.length = row + 1
        lines[row]?.splice(column)
        break
      case 'K':
        lines[row]?.splice(column)
        break
      case 'm':
        break
      default:
        throw new Error(`The terminal does not know CSI ${letter}.`)
    }
  }
  function write(text: string) {
    for (let at = 0; at < text.length;) {
      const [sequence, count = '', letter = ''] = SEQUENCE.exec(text.slice(at)) ?? []
      if (sequence !== undefined) {
        control(Number.parseInt(count, 10) || 0, letter)
        at += sequence.length
        continue
      }
      const [next = ''] = text.slice(at)
      if (next === '\n') lineFeed()
      else if (next === '\r') column = 0
      else put(next)
      at += next.length
    }
  }

  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  const stdout = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, done) {
        write(String(chunk))
        done()
      },
    }),
    { isTTY: true, columns, rows },
  )
  return {
    stdin,
    stdout,
    text: () =>
      lines
        .map((line) => line.join('').trimEnd())
        .join('\n')
        .trimEnd(),
    type: (keys) => void stdin.write(keys),
  }
}
