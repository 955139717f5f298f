import { Writable } from 'node:stream'
import type { Cli } from './cli.ts'
import { openLineReader, type LineReader } from './line-reader.ts'
import { createOutput, type Output } from './output.ts'
import { createFinalView, createLiveView, saidText, shownText, type RoomView } from './room-view.ts'
import { createScreen, type Screen } from './screen.ts'

/** Where a person sits and talks: a terminal, or a pipe. */
export interface Desk {
  /** For all lines for people, while it is open. */
  out: Output
  view: RoomView
  /** Somebody types while things happen: nothing is waited for. */
  isLive: boolean
  /** The next line, or undefined at the end. */
  next(): Promise<string | undefined>
  /** What stands before what is typed. */
  setPrompt(text: string): void
  close(): void
}

export function openDesk({ io, out: plain, parts }: Cli, json: boolean, onInterrupt: () => void): Desk {
  const canType = plain.canAsk
  const isScreen = !json && io.stdout.isTTY === true
  let screen: Screen | undefined
  const reader: LineReader = openLineReader(io.stdin, {
    ...(canType && { output: isScreen ? io.stdout : io.stderr }),
    onEnter: (rows, shown) => screen?.typed(rows, shown),
    onInterrupt,
  })
  screen = isScreen ? createScreen(io.stdout, reader.prompt) : undefined
  const out = screen ? outputOn(screen, { io, parts }) : plain
  return {
    out,
    view: screen ? createLiveView(screen, out) : finalView(io.stdout, out, json),
    isLive: isScreen && canType,
    next() {
      if (!screen) reader.prompt?.draw()
      return reader.next()
    },
    setPrompt: (text) => reader.prompt?.setText(out.noteStyle('cyan', text)),
    close() {
      reader.close()
      screen?.close()
    },
  }
}

/** Lines for people come above what lives. */
function outputOn(screen: Screen, { io, parts }: Pick<Cli, 'io' | 'parts'>): Output {
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      screen.print(text)
      done()
    },
  })
  const { columns } = io.stdout
  const terminal = Object.assign(stream, { isTTY: true, ...(columns !== undefined && { columns }) })
  return createOutput({ stdin: io.stdin, stdout: terminal, stderr: terminal }, parts.env)
}

/** Answers on standard output, all else on standard error; for programs, each message as a line of JSON. */
function finalView(stdout: Writable, out: Output, json: boolean): RoomView {
  if (json) return createFinalView((message) => stdout.write(`${JSON.stringify(message)}\n`))
  return createFinalView((message) => {
    if (message.by === 'person') out.note(saidText(message, out))
    else if (message.kind === 'text' || message.kind === 'answer') out.print(shownText(message, out))
    else out.note(shownText(message, out))
  })
}
