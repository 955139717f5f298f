import type { Refusal } from './plays.ts'
import type { ModelRequest } from './read-request.ts'

interface Refused {
  status: number
  headers?: Record<string, string>
  body: object
}

/** When the used-up account may be used again: what the agents are told, and what they should tell us. */
export const LIMIT_LIFTED_AT = new Date('2033-06-01T00:00:00Z')

/** As each vendor's own API says it: their agents read these words, and act on them. */
export function refuse(api: ModelRequest['api'], refusal: Refusal): Refused {
  return BODIES[api][refusal]
}

const liftedAtSeconds = LIMIT_LIFTED_AT.getTime() / 1000

const anthropic = (status: number, type: string, message: string, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'request-id': 'req_conformance', ...headers },
  body: { type: 'error', error: { type, message }, request_id: 'req_conformance' },
})
const openai = (status: number, code: string, message: string, more: object = {}) => ({
  status,
  body: { error: { message, type: code, param: null, code, ...more } },
})
const gemini = (code: number, status: string, message: string, details: object[] = []) => ({
  status: code,
  body: { error: { code, message, status, details } },
})

const OPENAI = {
  refused: openai(
    401,
    'invalid_api_key',
    'Incorrect API key provided: sk-conf****. You can find your API key at https://platform.openai.com/account/api-keys.',
  ),
  limited: openai(
    429,
    'rate_limit_exceeded',
    'Rate limit reached for requests per min (RPM): Limit 3, Used 3. Please try again in 20s.',
  ),
  overloaded: openai(500, 'server_error', 'The server had an error while processing your request. Sorry about that!'),
  'used-up': openai(
    429,
    'insufficient_quota',
    'You exceeded your current quota, please check your plan and billing details.',
  ),
}

const BODIES: Record<ModelRequest['api'], Record<Refusal, Refused>> = {
  anthropic: {
    refused: anthropic(401, 'authentication_error', 'invalid x-api-key'),
    limited: anthropic(
      429,
      'rate_limit_error',
      'This request would exceed your organization’s rate limit of 50 requests per minute.',
      { 'retry-after': '1' },
    ),
    overloaded: anthropic(529, 'overloaded_error', 'Overloaded'),
    // With a key. A subscription's limit comes with headers, which are read only where a subscription has logged in.
    'used-up': anthropic(
      400,
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2033-06-01 at 00:00 UTC.',
    ),
  },
  responses: {
    ...OPENAI,
    'used-up': openai(429, 'usage_limit_reached', 'The usage limit has been reached', {
      plan_type: 'plus',
      resets_at: liftedAtSeconds,
      resets_in_seconds: 3600,
    }),
  },
  chat: OPENAI,
  gemini: {
    refused: gemini(401, 'UNAUTHENTICATED', 'API key not valid. Please pass a valid API key.'),
    limited: gemini(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).', [
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' },
    ]),
    overloaded: gemini(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
    'used-up': gemini(
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota, please check your plan and billing details.',
      [
        {
          '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
          violations: [
            {
              quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
              quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
            },
          ],
        },
      ],
    ),
  },
}
