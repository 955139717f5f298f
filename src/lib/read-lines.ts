import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** Lines without their ending. What a line has beyond `maxLength` is left out: a program that never ends its line must not fill our memory. */
export async function* readLines(stream: Readable, maxLength: number): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let line = ''
  for await (const chunk of stream) {
    const pieces = decoder.write(chunk as Buffer).split('\n')
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        yield line.replace(/\r$/, '')
        line = ''
      }
      if (line.length < maxLength) line = (line + piece).slice(0, maxLength)
    }
  }
  line += decoder.end()
  if (line !== '') yield line
}
