export interface ServerEvent {
  event: string
  data: string
}

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). `onLife` is called for each piece, comments among them. */
export async function* readServerEvents(
  body: ReadableStream<Uint8Array>,
  onLife: () => void,
): AsyncGenerator<ServerEvent> {
  let event = 'message'
  let data: string[] = []
  let rest = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    onLife()
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, field, value = ''] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? []
      if (field === 'event') event = value
      else if (field === 'data') data.push(value)
      else if (line === '') {
        if (data.length > 0) yield { event, data: data.join('\n') }
        event = 'message'
        data = []
      }
    }
  }
}
