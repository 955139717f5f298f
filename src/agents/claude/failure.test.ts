import { expect, test } from 'vitest'
import { plainLaunch as launch } from '../../../test/fakes/plain-launch.ts'
import type { Ending } from '../driver.ts'
import { openFakeSession, recording } from './fake-sdk.ts'

const failed = (why: (Ending & { status: 'failed' })['why'], more: object = {}) => ({ status: 'failed', why, ...more })

test.for<[name: string, ending: object]>([
  ['auth-401', failed('auth', { detail: 'Invalid API key · Fix external API key' })],
  ['auth-403', failed('auth')],
  ['rate-limit', failed('rate_limit')],
  ['overloaded', failed('overloaded')],
  ['server-error', failed('overloaded')],
  ['connection-dropped', failed('network')],
  ['usage-limit', failed('quota', { until: '2033-05-18T03:33:20.000Z' })],
  ['spend-limit', failed('quota', { until: '2033-06-01T00:00:00.000Z' })],
  ['credit-balance', failed('quota', { detail: 'Credit balance is too low' })],
  ['prompt-too-long', failed('session_broken')],
  ['request-too-large', failed('session_broken')],
  ['broken-history', failed('session_broken')],
  ['context-window', failed('session_broken')],
  ['session-lost', failed('session_lost')],
  ['refusal', failed('refusal')],
  ['bad-request', failed('invalid_request')],
  ['unknown-model', failed('invalid_request')],
  ['output-limit', failed('invalid_request')],
  ['max-turns', { status: 'limit', limit: 'turns' }],
  ['max-budget', { status: 'limit', limit: 'budget' }],
  ['edit', { status: 'done' }],
])('what Claude Code told at “%s” is understood', async ([name, ending]) => {
  const { run, session } = openFakeSession(() => recording(name), { launch })
  const { outcome } = await run('go on')
  await session.close()
  expect(outcome).toMatchObject(ending)
})

test.for<[words: string, ending: object]>([
  ['Claude AI usage limit reached|1735689600', failed('quota', { until: '2025-01-01T00:00:00.000Z' })],
  ['5-hour limit reached ∙ resets 3pm (UTC)', failed('quota', { until: expect.stringMatching(/T15:00:00.000Z$/) })],
  [
    "You've hit your weekly limit · resets May 18, 2033, 3:33am (UTC)",
    failed('quota', { until: '2033-05-18T03:33:00.000Z' }),
  ],
  ["You're out of usage credits.", failed('quota')],
  ['API Error: 400 messages.3.content.0: image cannot be empty', failed('session_broken')],
  ['Not logged in · Please run /login', failed('auth')],
  ['Something else', failed('other', { detail: 'Something else' })],
])('older and other words: “%s”', async ([words, ending]) => {
  const result = { type: 'result', subtype: 'success', is_error: true, terminal_reason: 'api_error', result: words }
  const { run, session } = openFakeSession(() => [result], { launch })
  const { outcome } = await run('go on')
  await session.close()
  expect(outcome).toMatchObject(ending)
})

test('an error that calls itself a success is a failure, and its words are not the answer', async () => {
  const last = recording('auth-401').at(-1)
  expect(last).toMatchObject({ subtype: 'success', is_error: true })
  const { run, session } = openFakeSession(() => recording('auth-401'), { launch })
  const { outcome, events } = await run('hello')
  await session.close()
  expect(outcome.text).toBe('')
  expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
    { code: 'auth', text: 'The model’s API did not answer: authentication failed (401). Try 1 of 3 in 0.5 s.' },
    {},
    {},
  ])
})

const shell = (script: string) => ['/bin/sh', '-c', script]

test.for<[what: string, command: string[], ending: object]>([
  ['is not there', ['/nowhere/claude'], failed('not_installed')],
  [
    'is not there, inside a fence',
    shell('echo "bwrap: execvp claude: No such file or directory" >&2; exit 1'),
    failed('not_installed'),
  ],
  [
    'is too old for the SDK',
    shell('echo "error: unknown option \'--await-initialize\'" >&2; exit 1'),
    failed('not_installed'),
  ],
  ['is killed', shell('kill -KILL $$'), failed('crashed')],
  [
    'falls over',
    shell('echo "panic: out of luck" >&2; exit 3'),
    failed('crashed', { detail: expect.stringContaining('out of luck') }),
  ],
])('a program that %s', async ([, command, ending]) => {
  const { run, session } = openFakeSession(() => [], { launch, command })
  const { outcome } = await run('hello')
  await session.close()
  expect(outcome).toMatchObject(ending)
})
