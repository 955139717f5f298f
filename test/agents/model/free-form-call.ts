import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { ToolCall } from './vendor-tools.ts'

/** A call with text in place of JSON, as a stream of OpenAI's Responses API. aimock has no such calls. */
export function sendFreeFormCall(outgoing: ServerResponse, call: ToolCall, words: string, usage: object): void {
  const id = randomUUID()
  const response = { id: `resp_${id}`, object: 'response', created_at: Math.floor(Date.now() / 1000), model: 'fake' }
  const message = {
    type: 'message',
    id: `msg_${id}`,
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text: words, annotations: [] }],
  }
  const toolCall = {
    type: 'custom_tool_call',
    id: `ctc_${id}`,
    call_id: `call_${id}`,
    status: 'completed',
    name: call.name,
    input: call.arguments,
  }
  const events = [
    { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
    ...[message, toolCall].flatMap((item, index) => [
      { type: 'response.output_item.added', output_index: index, item },
      { type: 'response.output_item.done', output_index: index, item },
    ]),
    {
      type: 'response.completed',
      response: { ...response, status: 'completed', output: [message, toolCall], usage },
    },
  ]
  outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) outgoing.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  outgoing.end()
}
