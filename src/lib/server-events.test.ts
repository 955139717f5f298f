import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readServerEvents } from './server-events.ts'

async function parse(pieces: string[]) {
  const events = []
  for await (const event of readServerEvents(new Blob(pieces).stream(), () => undefined)) events.push(event)
  return events
}

test('events are read as the standard says: comments, joined data, any line ending, no space needed', async () => {
  expect(await parse([': hello\n\nevent: a\ndata: 1\ndata:2\n\ndata: x\r\n\r\nid: 7\n\ndata: unfinished'])).toEqual([
    { event: 'a', data: '1\n2' },
    { event: 'message', data: 'x' },
  ])
})

test('however a stream is cut, the events are the same', async () => {
  const text = 'event: a\r\ndata: {"x":"ü: 1"}\r\n\r\n: c\n\nevent: b\ndata: 2\n\n'
  const whole = await parse([text])
  const bytes = new TextEncoder().encode(text)
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 10 }), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const [index, from] of at.slice(0, -1).entries()) controller.enqueue(bytes.slice(from, at[index + 1]))
          controller.close()
        },
      })
      const events = []
      for await (const event of readServerEvents(stream, () => undefined)) events.push(event)
      expect(events).toEqual(whole)
    }),
  )
})
