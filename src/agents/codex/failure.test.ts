import { expect, test } from 'vitest'
import { failureFrom, failureFromExit } from './failure.ts'

/** What Codex 0.169 makes of what OpenAI answers. */
test.each([
  ['unexpected status 401 Unauthorized: Incorrect API key provided, url: http://127.0.0.1/v1/responses', 'auth'],
  ['Missing environment variable: `OPENAI_API_KEY`.', 'auth'],
  ['Your access token could not be refreshed because your refresh token was already used. Please log out.', 'auth'],
  ['exceeded retry limit, last status: 429 Too Many Requests, request id: req_1', 'rate_limit'],
  ['rate limit exceeded: Rate limit reached for gpt-5 on tokens per min (TPM): Limit 30000.', 'rate_limit'],
  ['Quota exceeded. Check your plan and billing details.', 'quota'],
  ['To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.', 'quota'],
  ['Your workspace is out of credits. Add credits to continue.', 'quota'],
  ['We’re currently experiencing high demand, which may cause temporary errors.', 'overloaded'],
  ['Selected model is at capacity. Please try a different model.', 'overloaded'],
  ['Connection failed: error sending request', 'network'],
  ['stream disconnected before completion: error sending request', 'network'],
  ['stream disconnected before completion: Incomplete response returned, reason: content_filter', 'refusal'],
  ['This request has been flagged for possible cybersecurity risk.', 'refusal'],
  ['Codex ran out of room in the model’s context window. Start a new thread.', 'session_broken'],
  ['Invalid image in your last message. Please remove it and try again.', 'session_broken'],
  ['The model `x` does not exist or you do not have access to it.', 'invalid_request'],
  ['Error: thread/resume: thread/resume failed: no rollout found for thread id 0 (code -32600)', 'session_lost'],
  ['something new', 'other'],
])('“%s” is %s', (words, why) => {
  expect(failureFrom(words)).toMatchObject({ status: 'failed', why, detail: words })
})

test('a refused request is told in its own words, not in JSON', () => {
  const words = '{"error":{"type":"invalid_request_error","message":"Unsupported value","param":"input","code":null}}'
  expect(failureFrom(words)).toEqual({ status: 'failed', why: 'invalid_request', detail: 'Unsupported value' })
})

test('a limit says when it is lifted', () => {
  expect(failureFrom('You’ve hit your usage limit. Try again at Nov 24th, 2026 5:48 PM.')).toMatchObject({
    why: 'quota',
    until: new Date(2026, 10, 24, 17, 48).toISOString(),
  })
})

test.each([
  [{ code: null, signal: null, error: new Error('spawn codex ENOENT') }, '', 'not_installed'],
  [{ code: 127, signal: null }, '', 'not_installed'],
  [{ code: 1, signal: null }, 'bwrap: execvp /opt/codex: No such file or directory', 'not_installed'],
  [{ code: 1, signal: null }, 'Error: Missing optional dependency @openai/codex-linux-x64.', 'not_installed'],
  [{ code: null, signal: 'SIGKILL' as const }, '', 'crashed'],
  [{ code: 137, signal: null }, '', 'crashed'],
  [{ code: 101, signal: null }, "thread 'codex-main' (16) panicked at library/std/src/io/stdio.rs:1165:9", 'crashed'],
  [{ code: 1, signal: null }, 'Error loading config.toml: unknown variant', 'other'],
  [{ code: 0, signal: null }, '', 'other'],
])('an end without a word: %j “%s” is %s', (exit, words, why) => {
  expect(failureFromExit(exit, words)).toMatchObject({ status: 'failed', why })
})
