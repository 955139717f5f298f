import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What reached a fake vendor. */
interface SeenRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

export interface FakeVendor {
  url: string
  requests: SeenRequest[]
  stop(): Promise<void>
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void | Promise<void>

/** A model vendor on a real socket. What it says is up to the test. */
export async function startModelVendor(answer: Answer): Promise<FakeVendor> {
  const requests: SeenRequest[] = []
  const server = createServer((request, response) => {
    void buffer(request).then(
      async (body) => {
        const { method = '', url = '', headers } = request
        const seen = { method, path: url, headers, body: body.toString() }
        requests.push(seen)
        await answer(seen, response)
      },
      () => response.destroy(),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const sse = (events: object[], named = false) =>
  events.map((event) => {
    const name = named && 'type' in event ? `event: ${String(event.type)}\n` : ''
    return `${name}data: ${JSON.stringify(event)}\n\n`
  })

/** What each API says to one call: as a stream, and whole. All of them wrote "Hello, wörld" for the same tokens. */
export interface Sample {
  /** Below the base URL. */
  path: string
  streamPath: string
  ask: object
  stream: string[]
  whole: object
}

const usageOfMessages = { input_tokens: 100, cache_creation_input_tokens: 20, cache_read_input_tokens: 3000 }
const openaiDetails = { cached_tokens: 3000, cache_write_tokens: 20 }
const responsesUsage = {
  input_tokens: 3120,
  input_tokens_details: openaiDetails,
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 30 },
}
const chatUsage = {
  prompt_tokens: 3120,
  prompt_tokens_details: openaiDetails,
  completion_tokens: 50,
  completion_tokens_details: { reasoning_tokens: 30 },
}
const geminiUsage = {
  promptTokenCount: 3100,
  cachedContentTokenCount: 3000,
  candidatesTokenCount: 20,
  thoughtsTokenCount: 30,
}
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-opus-4-5-20251101' }
const response = { id: 'resp_1', object: 'response', model: 'gpt-5.6-sol-2026-07-09' }
const chunk = (delta: object, more: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  model: 'gpt-5.6-sol',
  choices: [{ index: 0, delta }],
  ...more,
})
const candidate = (text: string) => ({ candidates: [{ content: { role: 'model', parts: [{ text }] } }] })

export const SAMPLES = {
  messages: {
    path: '/v1/messages',
    streamPath: '/v1/messages?beta=true',
    ask: { model: 'claude-opus-4-5', max_tokens: 99, messages: [{ role: 'user', content: 'hi' }] },
    stream: sse(
      [
        {
          type: 'message_start',
          message: { ...message, content: [], usage: { ...usageOfMessages, output_tokens: 1 } },
        },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'ping' },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello, ' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'wörld' } },
        { type: 'content_block_stop', index: 0 },
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn' },
          usage: { output_tokens: 50, output_tokens_details: { thinking_tokens: 30 } },
        },
        { type: 'message_stop' },
      ],
      true,
    ),
    whole: {
      ...message,
      content: [{ type: 'text', text: 'Hello, wörld' }],
      usage: { ...usageOfMessages, output_tokens: 50, output_tokens_details: { thinking_tokens: 30 } },
    },
  },
  responses: {
    path: '/responses',
    streamPath: '/responses',
    ask: { model: 'gpt-5.6-sol', input: 'hi' },
    stream: sse(
      [
        { type: 'response.created', response: { ...response, usage: null } },
        { type: 'response.output_text.delta', delta: 'Hello, ' },
        { type: 'response.output_text.delta', delta: 'wörld' },
        { type: 'response.completed', response: { ...response, usage: responsesUsage } },
      ],
      true,
    ),
    whole: { ...response, usage: responsesUsage },
  },
  chat: {
    path: '/chat/completions',
    streamPath: '/chat/completions',
    ask: { model: 'gpt-5.6-sol', messages: [{ role: 'user', content: 'hi' }] },
    stream: [
      ...sse([
        chunk({ role: 'assistant', content: '' }, { usage: null }),
        chunk({ content: 'Hello, ' }, { usage: null }),
        chunk({ content: 'wörld' }, { usage: null }),
        chunk({}, { choices: [], usage: chatUsage }),
      ]),
      'data: [DONE]\n\n',
    ],
    whole: { ...chunk({}), choices: [{ message: { content: 'Hello, wörld' } }], usage: chatUsage },
  },
  gemini: {
    path: '/v1beta/models/gemini-2.5-pro:generateContent',
    streamPath: '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
    ask: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    stream: sse([
      {
        ...candidate('Hello, '),
        modelVersion: 'gemini-2.5-pro',
        usageMetadata: { ...geminiUsage, candidatesTokenCount: 2 },
      },
      { ...candidate('wörld'), modelVersion: 'gemini-2.5-pro', usageMetadata: geminiUsage },
    ]).map((event) => event.replaceAll('\n', '\r\n')),
    whole: { ...candidate('Hello, wörld'), modelVersion: 'gemini-2.5-pro', usageMetadata: geminiUsage },
  },
} satisfies Record<string, Sample>
