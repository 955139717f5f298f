import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SAMPLES } from '../../test/fakes/model-vendor.ts'
import { createMeter, estimateTokens } from './meter.ts'
import type { ApiShape } from './vendors.ts'

const STREAM = 'text/event-stream'
const unasked = () => {
  throw new Error('The vendor told what was asked: nothing is to be estimated.')
}

function meterOf(shape: ApiShape, chunks: Buffer[], contentType = STREAM) {
  const meter = createMeter(shape, contentType)
  for (const chunk of chunks) meter.read(chunk)
  meter.end()
  return meter.total(unasked)
}

const event = (json: object) => Buffer.from(`data: ${JSON.stringify(json)}\n\n`)

test('a stream may be cut anywhere, in the middle of a character too', () => {
  const shape = fc.constantFrom(...(Object.keys(SAMPLES) as ApiShape[]))
  fc.assert(
    fc.property(shape, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (shape, sizes) => {
      const bytes = Buffer.from(SAMPLES[shape].stream.join(''))
      const chunks: Buffer[] = []
      for (let at = 0, n = 0; at < bytes.length; n += 1) {
        const size = sizes[n % sizes.length]!
        chunks.push(bytes.subarray(at, at + size))
        at += size
      }
      expect(meterOf(shape, chunks)).toEqual(meterOf(shape, [bytes]))
      expect(meterOf(shape, chunks)?.usage).toMatchObject({ inputTokens: 100, cacheReadTokens: 3000, outputTokens: 50 })
    }),
  )
})

test('a stream that ends without a newline is read to its end', () => {
  const bytes = Buffer.from(SAMPLES.responses.stream.join('').trimEnd())
  expect(meterOf('responses', [bytes])?.usage.outputTokens).toBe(50)
})

test('Anthropic: later totals replace earlier ones, and what they leave out stays', () => {
  const total = meterOf('messages', [
    event({
      type: 'message_start',
      message: {
        model: 'm',
        usage: {
          input_tokens: 10,
          cache_read_input_tokens: 5,
          cache_creation_input_tokens: 8,
          cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 6 },
          output_tokens: 1,
        },
      },
    }),
    event({ type: 'message_delta', usage: { input_tokens: 400, output_tokens: 7, speed: 'fast' } }),
    event({ type: 'message_stop' }),
  ])
  expect(total).toEqual({
    model: 'm',
    usage: {
      inputTokens: 400,
      outputTokens: 7,
      cacheReadTokens: 5,
      cacheWriteTokens: 8,
      cacheWriteHourTokens: 6,
      reasoningTokens: 0,
      tier: 'fast',
    },
  })
})

test('OpenAI: a response that stops early or fails has cost its tokens', () => {
  const usage = { input_tokens: 9, output_tokens: 4 }
  for (const type of ['response.incomplete', 'response.failed']) {
    const total = meterOf('responses', [event({ type, response: { model: 'gpt-5', service_tier: 'priority', usage } })])
    expect(total).toMatchObject({ model: 'gpt-5', usage: { inputTokens: 9, outputTokens: 4, tier: 'priority' } })
  }
})

test('OpenAI: a response that failed at once has cost nothing', () => {
  expect(meterOf('responses', [event({ type: 'response.failed', response: { usage: null } })])).toBeUndefined()
})

test('OpenRouter: its own price is taken, and with a key of one’s own the vendor’s is added', () => {
  const answer = (more: object) =>
    meterOf('chat', [event({ model: 'a/b', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, ...more } })])
  expect(answer({ cost: 0.25 })?.usage.usd).toBe(0.25)
  expect(answer({ cost: 0.01, is_byok: true, cost_details: { upstream_inference_cost: 0.5 } })?.usage.usd).toBe(0.51)
  expect(answer({})?.usage).not.toHaveProperty('usd')
})

test('Gemini: thoughts are output, and what tools asked is input', () => {
  const usageMetadata = {
    promptTokenCount: 50,
    cachedContentTokenCount: 20,
    toolUsePromptTokenCount: 5,
    candidatesTokenCount: 7,
    thoughtsTokenCount: 9,
  }
  const whole = Buffer.from(JSON.stringify({ usageMetadata }))
  expect(meterOf('gemini', [whole], 'application/json')?.usage).toMatchObject({
    inputTokens: 35,
    cacheReadTokens: 20,
    outputTokens: 16,
    reasoningTokens: 9,
  })
})

test.each([
  ['nothing', ''],
  ['no JSON', 'data: {"type":\n\ndata: hello\n\n: comment\nretry: 3\n\n'],
  ['shapes that nobody knows', 'data: {"usage":"many","model":7,"message":[],"delta":{"text":"abcdefgh"}}\n\n'],
  ['null', 'data: null\n\n'],
])('an answer of %s is estimated', (_name, text) => {
  const meter = createMeter('messages', STREAM)
  meter.read(Buffer.from(text))
  meter.end()
  expect(meter.total(() => 77)).toMatchObject({
    model: undefined,
    usage: { inputTokens: 77, outputTokens: text.includes('abcdefgh') ? 2 : 0 },
  })
})

test('text is estimated by its length, a picture in it is not counted', () => {
  const text = 'some words of a question, again and again. '.repeat(100)
  expect(estimateTokens(Buffer.from(text))).toBe(text.length / 4)
  const withPicture = Buffer.from(`${text}"${Buffer.alloc(3_000_000, 'picture').toString('base64')}"`)
  expect(estimateTokens(withPicture)).toBe(Math.ceil((text.length + 2) / 4))
  expect(estimateTokens(Buffer.alloc(0))).toBe(0)
})
